/* The index of dedup: rows of cells, each a hash and a slot. What finds its row full is counted there, and kept by the
   caller: streams/dedup/index.py. */
#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"

enum { CELLS = 16 };

#define ELSEWHERE UINT32_MAX

static uint32_t *add_pair(uint32_t *end, int64_t position, uint32_t slot) {
    end[0] = (uint32_t)position;
    end[1] = slot;
    return end + 2;
}

static int64_t row_of(const dedup_table *table, uint32_t hash) { return (int64_t)(hash * (uint64_t)table->rows >> 32); }

/* Say whether a row has a hash; without a way out of the loop, so that compilers compare several at once. */
static bool is_in(const uint32_t *row, uint32_t hash) {
    uint32_t same = 0;
    for (int cell = 0; cell < CELLS; cell++) same |= row[cell] == hash;
    return same;
}

/* Cell of a row that has this hash and, unless that is empty, this slot; -1: none. */
static int64_t cell_of(const dedup_table *table, int64_t row, uint32_t hash, uint32_t slot) {
    for (int64_t cell = row * CELLS; cell < (row + 1) * CELLS; cell++)
        if (table->hashes[cell] == hash && (!hash || table->slots[cell] == slot)) return cell;
    return -1;
}

int64_t dedup_find(const dedup_table *table, const uint32_t *hashes, int64_t count, uint32_t *found) {
    for (int64_t n = 0; n < count; n++) {
        int64_t row = row_of(table, hashes[n]);
        __builtin_prefetch(table->hashes + row * CELLS);
        __builtin_prefetch(table->spilled + row);
    }
    uint32_t *end = found;
    for (int64_t n = 0; n < count; n++) {
        if (!hashes[n]) continue;
        int64_t row = row_of(table, hashes[n]);
        if (table->spilled[row]) end = add_pair(end, n, ELSEWHERE);
        if (!is_in(table->hashes + row * CELLS, hashes[n])) continue;
        for (int64_t cell = row * CELLS; cell < (row + 1) * CELLS; cell++)
            if (table->hashes[cell] == hashes[n]) end = add_pair(end, n, table->slots[cell]);
    }
    return end - found;
}

static bool place(dedup_table *table, uint32_t hash, uint32_t slot) {
    int64_t row = row_of(table, hash), cell = cell_of(table, row, 0, 0);
    if (cell < 0) {
        table->spilled[row]++;
        return false;
    }
    table->hashes[cell] = hash;
    table->slots[cell] = slot;
    return true;
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
    for (int64_t n = 0; n < count; n++)
        if (hashes[n] && !place(table, hashes[n], slots[n])) left[left_count++] = (uint32_t)n;
    return left_count;
}

int64_t dedup_remove(dedup_table *table, const uint32_t *hashes, int64_t count, uint32_t slot, uint32_t *left) {
    int64_t left_count = 0;
    for (int64_t n = 0; n < count; n++) {
        if (!hashes[n]) continue;
        int64_t row = row_of(table, hashes[n]), cell = cell_of(table, row, hashes[n], slot);
        if (cell >= 0) {
            table->hashes[cell] = 0;
        } else if (table->spilled[row]) {
            table->spilled[row]--;
            left[left_count++] = (uint32_t)n;
        }
    }
    return left_count;
}
