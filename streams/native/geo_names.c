/* Stretches of a document that the gazetteer knows as names: as written, of unspaced scripts, inflected, spoken. */
#include <stdlib.h>

#include "geo.h"

enum { MAX_WORDS = 6, MAX_SIGNS = 10, NAME_LETTERS = 3, MAX_STEM = 16, INFLECTED_WORDS = 3, LEAST_BASE = 3 };
enum { MAX_FORMS = 64 };

static bool begins(const geo_tables *t, uint64_t hash) {
    uint64_t bit = hash >> (64 - BEGIN_BITS);
    return t->begins[bit >> 3] >> (bit & 7) & 1;
}

static bool holds(const geo_tables *t, uint64_t hash) {
    uint64_t bit = hash >> (64 - KEY_BITS) & (((uint64_t)1 << BEGIN_BITS) - 1);
    return t->whole[bit >> 3] >> (bit & 7) & 1;
}

static int64_t lower_bound(const uint64_t *sorted, int64_t low, int64_t high, uint64_t key) {
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool entries_of(const geo_tables *t, uint64_t hash, int64_t from, int64_t until, int32_t *low, int32_t *high) {
    uint64_t key = hash & ~PAYLOADS;
    int64_t at = lower_bound(t->entries, from, until, key);
    if (at == until || (t->entries[at] & ~PAYLOADS) != key) return false;
    *low = (int32_t)at;
    while (at < until && (t->entries[at] & ~PAYLOADS) == key) at++;
    *high = (int32_t)at;
    return true;
}

bool lookup(const geo_tables *t, uint64_t hash, int32_t *low, int32_t *high) {
    uint64_t bucket = hash >> BUCKET_SHIFT;
    return entries_of(t, hash, t->buckets[bucket], t->buckets[bucket + 1], low, high);
}

static void add(matches *m, match row) {
    if (m->size == m->room) {
        int64_t room = m->room ? 2 * m->room : 64;
        match *rows = realloc(m->rows, (size_t)room * sizeof *rows);
        if (!rows) {
            m->failed = true;
            return;
        }
        m->rows = rows;
        m->room = room;
    }
    row.order = (int32_t)m->size;
    m->rows[m->size++] = row;
}

static void add_words(const geo_word *w, int64_t first, int64_t last, uint64_t hash, int32_t low, int32_t high,
                      matches *m) {
    add(m, (match){w[first].start, w[last - 1].end, (int32_t)first, (int32_t)last, low, high, 0, hash});
}

/* Look up the phrases that begin with a word: names, and those written only partly like one if no small places. */
static void phrases_at(const geo_tables *t, const geo_word *w, int64_t n, int64_t first, matches *m) {
    uint64_t hash = w[first].hash;
    bool spelt_out = false;
    for (int64_t last = first + 1;; last++) {
        if (!begins(t, hash)) return;
        const geo_word *tail = &w[last - 1];
        bool sure = w[first].flags & tail->flags & NAMED;
        spelt_out |= (tail->flags & NAMED) && ((tail->flags & CASELESS) || tail->last - tail->first > NAME_LETTERS);
        int32_t low, high;
        if ((sure || spelt_out) && holds(t, hash) && lookup(t, hash, &low, &high) &&
            (sure || t->kind[place_of(t->entries[low])] >= ADMIN1))
            add_words(w, first, last, hash, low, high, m);
        if (last == n || last - first == MAX_WORDS || !(tail->flags & JOINED)) return;
        hash = phrase(hash, w[last].hash);
    }
}

/* Look up all stretches of a few signs inside a word of a script that sets no spaces. */
static void runs_in(const geo_tables *t, const geo_text *x, const geo_word *w, int64_t n, matches *m) {
    for (int32_t from = w[n].first; from < w[n].last; from++) {
        uint64_t hash = 0, power = POINT_FACTOR;
        for (int32_t to = from; to < w[n].last && to < from + MAX_SIGNS; to++, power *= BASE) {
            hash += ((uint64_t)x->folded[to] + 1) * power;
            uint64_t mixed = mix(hash);
            int32_t low, high, shift = w[n].start - w[n].first;
            if (to > from && begins(t, mixed) && holds(t, mixed) && lookup(t, mixed, &low, &high))
                add(m, (match){from + shift, to + 1 + shift, (int32_t)n, (int32_t)n + 1, low, high, 0, mixed});
        }
    }
}

static bool may_be_spoken(const geo_tables *t, const geo_language *l, uint64_t word) {
    return t->spoken[phrase(l->spoken, word) >> (64 - SPOKEN_BITS)];
}

/* Look up a word that stands for a country without a capital: as a whole, and as a stem with any ending. */
static void spoken_at(const geo_tables *t, const geo_language *l, const geo_text *x, const geo_word *w, int64_t n,
                      matches *m) {
    int32_t length = w[n].last - w[n].first, low, high;
    if (length >= HEAD - 1 && may_be_spoken(t, l, w[n].hash)) {
        uint64_t hash = phrase(l->spoken, w[n].hash);
        if (entries_of(t, hash, t->names, t->small, &low, &high)) add_words(w, n, n + 1, hash, low, high, m);
    }
    if (length < HEAD || !may_be_spoken(t, l, w[n].head)) return;
    for (int32_t size = HEAD; size <= length && size <= MAX_STEM; size++) {
        uint64_t hash = phrase(l->spoken, word_hash(x->folded + w[n].first, size));
        if (entries_of(t, hash, t->small, t->stems, &low, &high)) add_words(w, n, n + 1, hash, low, high, m);
    }
}

/* Fill in the base forms that the rules of the language give to a word; a base has at least three letters. */
static int64_t bases(const geo_language *l, const geo_text *x, const geo_word *word, uint64_t *found) {
    const uint32_t *points = x->folded + word->first;
    int32_t size = word->last - word->first, counted = -1;
    uint64_t edge = 0;
    int64_t count = 0;
    for (int64_t n = 0; n < l->rules && count < MAX_FORMS; n++) {
        int32_t length = l->length[n], rest = size - length;
        if (rest < LEAST_BASE) continue;
        if (length != counted) {
            edge = spelt(l->at_end ? points + rest : points, length);
            counted = length;
        }
        if (edge != l->letters[n]) continue;
        uint64_t base = l->at_end ? spelt(points, rest) : l->instead[n],
                 added = l->at_end ? l->instead[n] : spelt(points + length, rest);
        for (int32_t k = l->at_end ? rest : l->instead_length[n]; k > 0; k--) added *= BASE;
        found[count++] = mix(base + added);
    }
    return count;
}

static void add_inflected(const geo_tables *t, const geo_word *w, int64_t first, int64_t last, uint64_t hash,
                          matches *m) {
    int32_t low, high;
    if (!holds(t, hash) || !lookup(t, hash, &low, &high)) return;
    int32_t place = place_of(t->entries[low]);
    if (t->kind[place] >= ADMIN1 || t->size[place] >= KNOWN_SIZE) add_words(w, first, last, hash, low, high, m);
}

/* Add the names of two words that a head begins and an inflected word ends: "Хан-Юнисе", "Новой Каховке". */
static void add_pairs(const geo_tables *t, const geo_word *w, int64_t first, uint64_t head, const uint64_t *tails,
                      int64_t count, matches *m) {
    for (int64_t k = 0; k < count; k++) {
        uint64_t hash = phrase(head, tails[k]);
        if (begins(t, hash)) add_inflected(t, w, first, first + 2, hash, m);
    }
}

static bool may_inflect(const geo_word *w, int64_t n, const bool *taken) { return !taken[n] && (w[n].flags & NAMED); }

static void inflected_at(const geo_tables *t, const geo_language *l, const geo_text *x, const geo_word *w, int64_t n,
                         int64_t at, const bool *taken, matches *m) {
    uint64_t own[MAX_FORMS], next[MAX_FORMS];
    int64_t own_count = may_inflect(w, at, taken) ? bases(l, x, &w[at], own) : 0, next_count = 0;
    bool joined = (w[at].flags & JOINED) && at + 1 < n;
    if (l->at_end && joined && may_inflect(w, at + 1, taken)) next_count = bases(l, x, &w[at + 1], next);
    if (next_count && (w[at].flags & NAMED) && begins(t, w[at].hash))
        add_pairs(t, w, at, w[at].hash, next, next_count, m);
    for (int64_t k = 0; k < own_count; k++) {
        int32_t low, high;
        uint64_t spoken = phrase(l->spoken, own[k]);
        if (l->speaks && entries_of(t, spoken, t->names, t->small, &low, &high))
            add_words(w, at, at + 1, spoken, low, high, m);
        if (!begins(t, own[k])) continue;
        add_inflected(t, w, at, at + 1, own[k], m);
        if (next_count) add_pairs(t, w, at, own[k], next, next_count, m);
        uint64_t hash = own[k];
        for (int64_t last = at + 1; last < n && last < at + INFLECTED_WORDS && (w[last - 1].flags & JOINED); last++) {
            hash = phrase(hash, w[last].hash);
            add_inflected(t, w, at, last + 1, hash, m);
        }
    }
}

/* Country words come before names that are spelt alike, but where a capital says that it is a name. */
void find_names(const geo_tables *t, const geo_language *l, const geo_text *x, const geo_word *w, int64_t n,
                matches *m) {
    for (int64_t k = 0; k < n; k++) {
        bool speaks = l->speaks && !(w[k].flags & UNSPACED), named = w[k].flags & CAPITAL;
        if (speaks && !named) spoken_at(t, l, x, w, k, m);
        if (w[k].flags & UNSPACED) runs_in(t, x, w, k, m);
        else phrases_at(t, w, n, k, m);
        if (speaks && named) spoken_at(t, l, x, w, k, m);
    }
    bool *taken = calloc((size_t)n + 1, sizeof *taken);
    if (!taken) {
        m->failed = true;
        return;
    }
    for (int64_t k = 0; k < m->size; k++) taken[m->rows[k].first] = true;
    if (l->rules)
        for (int64_t k = 0; k < n; k++) inflected_at(t, l, x, w, n, k, taken, m);
    free(taken);
}
