/* Fingerprints of texts: streams/text/fingerprint.py says what they are and what for. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <stdint.h>

#include "kernel.h"

enum { SKETCH = 64, KEYS = 32, FACTS = 16, SHINGLE = 3, MAX_CHARACTERS = 16, LEAST_SLOTS = 16 };

/* Odd constants of splitmix64 (Steele 2014) and wyhash; the base of the polynomial is 2^64 over the golden ratio. */
#define BASE 0x9E3779B97F4A7C15u
#define MIX_1 0xBF58476D1CE4E5B9u
#define MIX_2 0x94D049BB133111EBu
#define FIRST 0xA0761D6478BD642Fu
#define SECOND 0xE7037ED1A0B428DBu

/* A set of shingles: an open hash table of `mask + 1` slots (0 is an empty one), and the smallest members in order. */
typedef struct {
    uint64_t *slots, mask;
    bool has_zero;
    int64_t size;
    uint64_t least[SKETCH];
} shingle_set;

static bool is_letter(uint32_t point) { return point != ' ' && point != '\n'; }

static bool is_digit(uint32_t point) { return point - '0' < 10; }

static uint64_t polynomial(const uint32_t *points, int64_t size) {
    uint64_t hash = 0, power = 1;
    for (int64_t n = 0; n < size; n++, power *= BASE) hash += (uint32_t)(points[n] - ' ') * power;
    return hash;
}

static uint64_t mixed(uint64_t hash) {
    hash *= MIX_1;
    return hash ^ hash >> 32;
}

static bool open_set(shingle_set *set, int64_t members) {
    uint64_t slots = LEAST_SLOTS;
    while (slots < 2 * (uint64_t)members) slots *= 2;
    *set = (shingle_set){.slots = calloc(slots, sizeof *set->slots), .mask = slots - 1};
    return set->slots;
}

/* Say whether a hash is new to the set. */
static bool enter(shingle_set *set, uint64_t hash) {
    if (!hash) {
        bool is_new = !set->has_zero;
        set->has_zero = true;
        return is_new;
    }
    uint64_t slot = hash & set->mask;
    while (set->slots[slot] && set->slots[slot] != hash) slot = (slot + 1) & set->mask;
    if (set->slots[slot]) return false;
    set->slots[slot] = hash;
    return true;
}

static void add_shingle(shingle_set *set, uint64_t hash) {
    hash = (hash ^ hash >> 32) * MIX_2;
    hash ^= hash >> 29;
    if (!enter(set, hash)) return;
    int64_t place = set->size < SKETCH ? set->size : SKETCH;
    set->size++;
    if (place == SKETCH && hash > set->least[--place]) return;
    for (; place > 0 && set->least[place - 1] > hash; place--) set->least[place] = set->least[place - 1];
    set->least[place] = hash;
}

/* Add 16 bits of a hash to the smallest of their kind, which are distinct and in order. */
static void add_fact(uint16_t *facts, int32_t *size, uint64_t hash) {
    uint16_t fact = (uint16_t)hash;
    int32_t place = *size;
    while (place > 0 && facts[place - 1] > fact) place--;
    if (place == FACTS || (place > 0 && facts[place - 1] == fact)) return;
    if (*size < FACTS) ++*size;
    memmove(facts + place + 1, facts + place, (size_t)(*size - place - 1) * sizeof *facts);
    facts[place] = fact;
}

/* Say whether a word is capitalised inside a sentence: after a letter or digit and one space. */
static bool is_name(const text_source *text, int64_t start) {
    if (start < 2 || text->body[start - 1] != ' ' || !is_letter(text->folded[start - 2])) return false;
    uint32_t point = text->body[start];
    return point < (uint64_t)text->upper_size && text->upper[point];
}

static void add_words(const text_source *text, text_print *print, uint64_t *words) {
    const uint32_t *point = text->folded, *end = point + text->size;
    while (point < end) {
        const uint32_t *start = point;
        uint64_t hash = 0, power = 1;
        for (; point < end && is_letter(*point); point++, power *= BASE) hash += (uint32_t)(*point - ' ') * power;
        if (point++ == start) continue;
        hash = mixed(hash);
        if (!text->characters && is_digit(*start)) add_fact(print->numbers, &print->number_count, hash);
        if (text->body && is_name(text, start - text->folded)) add_fact(print->names, &print->name_count, hash);
        words[print->words++] = hash;
    }
}

static void add_numbers(const text_source *text, text_print *print) {
    int64_t end = 0;
    for (int64_t start = 0; start < text->size; start = end + 1) {
        for (end = start; end < text->size && is_digit(text->folded[end]); end++) continue;
        if (end == start) continue;
        add_fact(print->numbers, &print->number_count, mixed(polynomial(text->folded + start, end - start)));
    }
}

static void add_word_shingles(const uint64_t *words, int64_t count, shingle_set *set) {
    for (int64_t n = 0; n + SHINGLE <= count; n++)
        add_shingle(set, words[n] * FIRST + words[n + 1] * SECOND + words[n + 2]);
}

static void add_character_shingles(const text_source *text, shingle_set *set) {
    uint32_t window[MAX_CHARACTERS];
    int64_t length = text->characters, seen = 0;
    for (int64_t n = 0; n < text->size; n++) {
        if (!is_letter(text->folded[n])) continue;
        if (seen >= length) memmove(window, window + 1, (size_t)(length - 1) * sizeof *window);
        window[seen < length ? seen : length - 1] = text->folded[n];
        if (++seen >= length) add_shingle(set, polynomial(window, length));
    }
}

static void keep_sketch(const shingle_set *set, text_print *print) {
    print->shingles = set->size;
    print->sketch_size = (int32_t)(set->size < SKETCH ? set->size : SKETCH);
    for (int32_t n = 0; n < print->sketch_size; n++) print->sketch[n] = (uint32_t)(set->least[n] >> 32);
    for (int32_t n = 0; n < print->sketch_size && n < KEYS; n++) {
        uint32_t key = (uint32_t)set->least[n];
        print->keys[n] = key ? key : 1;
    }
}

int64_t text_fingerprint(const text_source *text, text_print *print, uint64_t *words) {
    *print = (text_print){0};
    if (text->characters < 0 || text->characters > MAX_CHARACTERS) return -1;
    add_words(text, print, words);
    if (text->characters) add_numbers(text, print);
    shingle_set set;
    if (!open_set(&set, text->characters ? text->size : print->words)) return -1;
    if (text->characters) add_character_shingles(text, &set);
    else add_word_shingles(words, print->words, &set);
    free(set.slots);
    keep_sketch(&set, print);
    return print->words;
}
