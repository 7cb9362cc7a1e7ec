/* The index of dedup: rows of cells, each a hash and a slot. What finds its row full is counted there and goes to a row
   of another table; what finds that full, too, is kept by the caller: streams/dedup/index.py. */
#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"

enum { CELLS = 16, USED = 31, SPILLED = 32, AHEAD = 24 };

#define ELSEWHERE UINT32_MAX

static uint32_t *add_pair(uint32_t *end, int64_t position, uint32_t slot) {
    end[0] = (uint32_t)position;
    end[1] = slot;
    return end + 2;
}

static int64_t row_of(const dedup_table *table, uint32_t hash) {
    return (int64_t)((uint32_t)(hash * table->factor) * (uint64_t)table->rows >> 32);
}

/* Cells of a row that have this hash, not 0, a bit each; without a way out of the loop, so that compilers compare
   several at once. */
static uint32_t cells_with(const dedup_table *table, int64_t row, uint32_t hash) {
    const uint32_t *hashes = table->hashes + row * CELLS;
    uint32_t cells = 0;
    for (int cell = 0; cell < CELLS; cell++) cells |= hashes[cell] == hash ? 1u << cell : 0;
    return cells;
}

static uint32_t *find(const dedup_table *table, int64_t position, uint32_t hash, uint32_t *end) {
    for (; table; table = table->more) {
        int64_t row = row_of(table, hash);
        for (uint32_t cells = cells_with(table, row, hash); cells; cells &= cells - 1)
            end = add_pair(end, position, table->slots[row * CELLS + __builtin_ctz(cells)]);
        if (table->counts[row] < SPILLED) return end;
    }
    return add_pair(end, position, ELSEWHERE);
}

int64_t dedup_find(const dedup_table *table, const uint32_t *hashes, int64_t count, uint32_t *found) {
    for (int64_t n = 0; n < count; n++) {
        int64_t row = row_of(table, hashes[n]);
        __builtin_prefetch(table->hashes + row * CELLS);
        __builtin_prefetch(table->counts + row);
    }
    uint32_t *end = found;
    for (int64_t n = 0; n < count; n++)
        if (hashes[n]) end = find(table, n, hashes[n], end);
    return end - found;
}

static bool place(dedup_table *table, uint32_t hash, uint32_t slot) {
    for (; table; table = table->more) {
        int64_t row = row_of(table, hash), used = table->counts[row] & USED;
        if (used < CELLS) {
            table->hashes[row * CELLS + used] = hash;
            table->slots[row * CELLS + used] = slot;
            table->counts[row]++;
            return true;
        }
        table->counts[row] += SPILLED;
    }
    return false;
}

int64_t dedup_add(dedup_table *table, const uint32_t *hashes, int64_t count, uint32_t slot, uint32_t *left) {
    int64_t left_count = 0;
    for (int64_t n = 0; n < count; n++)
        if (hashes[n] && !place(table, hashes[n], slot)) left[left_count++] = (uint32_t)n;
    return left_count;
}

int64_t dedup_add_all(dedup_table *table, const uint32_t *hashes, const uint32_t *slots, int64_t count,
                      uint32_t *left) {
    int64_t left_count = 0;
    for (int64_t n = 0; n < count; n++) {
        if (n + AHEAD < count) {
            int64_t row = row_of(table, hashes[n + AHEAD]);
            __builtin_prefetch(table->counts + row, 1);
            __builtin_prefetch(table->hashes + row * CELLS, 1);
            __builtin_prefetch(table->slots + row * CELLS, 1);
        }
        if (hashes[n] && !place(table, hashes[n], slots[n])) left[left_count++] = (uint32_t)n;
    }
    return left_count;
}

/* Empty a cell: the last one of its row that is in use moves there. */
static void empty(dedup_table *table, int64_t row, int64_t cell) {
    int64_t last = row * CELLS + (table->counts[row]-- & USED) - 1;
    table->hashes[cell] = table->hashes[last];
    table->slots[cell] = table->slots[last];
    table->hashes[last] = 0;
}

static bool is_removed(dedup_table *table, uint32_t hash, uint32_t slot) {
    for (; table; table = table->more) {
        int64_t row = row_of(table, hash);
        for (uint32_t cells = cells_with(table, row, hash); cells; cells &= cells - 1) {
            int64_t cell = row * CELLS + __builtin_ctz(cells);
            if (table->slots[cell] != slot) continue;
            empty(table, row, cell);
            return true;
        }
        if (table->counts[row] < SPILLED) return true;
        table->counts[row] -= SPILLED;
    }
    return false;
}

int64_t dedup_remove(dedup_table *table, const uint32_t *hashes, int64_t count, uint32_t slot, uint32_t *left) {
    int64_t left_count = 0;
    for (int64_t n = 0; n < count; n++)
        if (hashes[n] && !is_removed(table, hashes[n], slot)) left[left_count++] = (uint32_t)n;
    return left_count;
}
