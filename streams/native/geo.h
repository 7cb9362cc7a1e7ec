/* What the geo files share. */
#ifndef STREAMS_GEO_H
#define STREAMS_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

enum { PLACE_BITS = 19, NAME_BITS = 3, KEY_BITS = 42, BEGIN_BITS = 23, SPOKEN_BITS = 18, BUCKET_SHIFT = 48 };
enum { HEAD = 4, CUE = 5 };
enum { CITY, ADMIN2, ADMIN1, COUNTRY, FIRST_REGION };
enum { MAIN, SHORT, ALTERNATE, INFLECTED, DEMONYM, GOVERNMENT, ABBREVIATION, POSTAL };
enum {
    NO_CASE,
    LOWER,
    UPPER,
    UNSPACED_SCRIPT,
    JOINT,
    APOSTROPHE,
    CLASS = 7,
    ALPHABETIC = 8,
    WHITE = 16,
    STOP_SIGN = 32
};
enum {
    CAPITAL = 1,
    CASELESS = 2,
    UNSPACED = 4,
    JOINED = 8,
    NAMED = 16,
    LETTERS = 32,
    SENTENCE = 64,
    VIOLENCE = 256,
    SPEECH = 512,
    LOCATIVE = 1024,
    FIRM = 2048,
};
enum { VIOLENT = 1, TALKING = 2, LOCATED = 4, SPEAKING = 8, UNSEGMENTED = 16, HERE = 32, OF_FIRM = 64, LONGER = 128 };
enum { SMALL_SHARE = 127, OFTEN_SHIFT = 7, OFTEN = 15, GIVEN = 1 << 11, SURNAME = 1 << 12, STOP = 1 << 13 };
enum { FEW = 24, KNOWN_SIZE = 104 };

#define PAYLOADS (((uint64_t)1 << (PLACE_BITS + NAME_BITS)) - 1)

/* Hashes of words and phrases: streams/geo/hashing.py says what they are. */
#define POINT_FACTOR 0xD6E8FEB86659FD93u
#define BASE 0x9E3779B97F4A7C15u
#define STEP 0xA0761D6478BD642Fu

static inline uint64_t mix(uint64_t value) {
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

static inline uint64_t phrase(uint64_t head, uint64_t word) { return mix(head * STEP + word); }

static inline uint64_t spelt(const uint32_t *points, int64_t size) {
    uint64_t hash = 0, power = POINT_FACTOR;
    for (int64_t n = 0; n < size; n++, power *= BASE) hash += ((uint64_t)points[n] + 1) * power;
    return hash;
}

static inline uint64_t word_hash(const uint32_t *points, int64_t size) { return mix(spelt(points, size)); }

static inline uint8_t class_of(const geo_tables *t, uint32_t point) {
    return t->classes[point < t->classes_size ? point : t->classes_size - 1];
}

static inline uint32_t body_at(const geo_text *text, int64_t at) {
    return at >= 0 && at < text->body_size ? text->body[at] : 0;
}

static inline int32_t place_of(uint64_t entry) { return (int32_t)(entry & (((uint64_t)1 << PLACE_BITS) - 1)); }
static inline int32_t form_of(uint64_t entry) { return (int32_t)(entry >> PLACE_BITS & ((1 << NAME_BITS) - 1)); }

/* Slot of a key in an open hash table of a power of two slots, or -1; 0 marks an empty slot. */
static inline int64_t slot_of(const uint64_t *keys, uint64_t mask, uint64_t key) {
    for (uint64_t slot = key & mask;; slot = (slot + 1) & mask) {
        if (keys[slot] == key) return (int64_t)slot;
        if (!keys[slot]) return -1;
    }
}

/* A name found: its words, its stretch of the body, its entries; `order` parts those that stand at the same place. */
typedef struct {
    int32_t start, end, first, last, low, high, order;
    uint64_t name;
} match;

typedef struct {
    match *rows;
    int64_t size, room;
    bool failed;
} matches;

void find_names(const geo_tables *t, const geo_language *l, const geo_text *x, const geo_word *w, int64_t n,
                matches *m);
int64_t choose_names(const geo_tables *t, const geo_text *x, matches *m);
void find_traits(const geo_tables *t, const geo_language *l, geo_word *w, int64_t n, const matches *m);
bool lookup(const geo_tables *t, uint64_t hash, int32_t *low, int32_t *high);
bool is_upper(const geo_tables *t, const uint32_t *points, int64_t size);

#endif
