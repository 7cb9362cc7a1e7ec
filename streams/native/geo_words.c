/* The words of a document: where they stand, how they are written, what stands between them. */
#include "geo.h"

enum { LONGEST_ABBREVIATED = 4, LEAST_PART = 3 };

static void hash_letters(const uint32_t *points, geo_word *word) {
    uint64_t hash = 0, power = POINT_FACTOR;
    int32_t size = word->last - word->first;
    word->head = word->cue = 0;
    for (int32_t n = 0; n < size; n++, power *= BASE) {
        hash += ((uint64_t)points[word->first + n] + 1) * power;
        if (n == HEAD - 1) word->head = mix(hash);
        if (n == CUE - 1) word->cue = mix(hash);
    }
    word->hash = mix(hash);
    if (size < HEAD) word->head = word->hash;
    if (size < CUE) word->cue = word->hash;
}

static bool all_letters(const geo_tables *t, const geo_text *x, const geo_word *word) {
    for (int32_t n = word->first; n < word->last; n++)
        if (!(class_of(t, x->folded[n]) & ALPHABETIC)) return false;
    return true;
}

/* A sentence begins behind a line break, and behind a full stop with a space. */
static bool sentence_between(const geo_tables *t, const geo_text *x, int32_t from, int32_t until) {
    for (int32_t n = from; n < until; n++) {
        uint32_t point = body_at(x, n);
        if (point == '\n') return true;
        if ((class_of(t, point) & STOP_SIGN) && n + 1 < until && (class_of(t, body_at(x, n + 1)) & WHITE)) return true;
    }
    return false;
}

/* Say what joins a word with the next: it may belong to one name with it, or be a part of a name with an apostrophe. */
static void join(const geo_tables *t, const geo_text *x, geo_word *word, geo_word *next) {
    int32_t gap = next->start - word->end, length = word->end - word->start;
    uint32_t sign = body_at(x, word->end);
    uint8_t kind = class_of(t, sign) & CLASS;
    bool one = gap == 1, inside = one && kind == APOSTROPHE;
    bool spaced = gap == 2 && body_at(x, next->start - 1) == ' ';
    bool dotted = sign == '.' && length <= LONGEST_ABBREVIATED && (spaced || (one && length == 1));
    if (inside || (one && kind == JOINT) || dotted) word->flags |= JOINED;
    if (inside && length >= LEAST_PART && next->end - next->start >= LEAST_PART && (word->flags & (CAPITAL | CASELESS)))
        next->flags |= NAMED;
    if (sentence_between(t, x, word->end, next->start)) next->flags |= SENTENCE;
}

static void describe(const geo_tables *t, const geo_language *l, const geo_text *x, geo_word *word) {
    static const uint32_t of_class[CLASS + 1] = {
        [NO_CASE] = CASELESS | NAMED,
        [UPPER] = CAPITAL | NAMED,
        [UNSPACED_SCRIPT] = UNSPACED,
    };
    word->start = x->offsets ? x->offsets[word->first] : word->first;
    word->end = x->offsets ? x->offsets[word->last - 1] + 1 : word->last;
    word->flags = of_class[class_of(t, body_at(x, word->start)) & CLASS];
    word->trait = 0;
    hash_letters(x->folded, word);
    if (all_letters(t, x, word)) word->flags |= LETTERS;
    int64_t slot = slot_of(l->cues, l->cues_mask, word->cue);
    if (slot >= 0) word->flags |= l->cue_flags[slot];
}

int64_t geo_words(const geo_tables *tables, const geo_language *language, const geo_text *text, geo_word *words) {
    int64_t count = 0;
    for (int64_t at = 0; at < text->folded_size;) {
        while (at < text->folded_size && text->folded[at] <= ' ') at++;
        if (at == text->folded_size) break;
        geo_word *word = &words[count++];
        word->first = (int32_t)at;
        while (at < text->folded_size && text->folded[at] > ' ') at++;
        word->last = (int32_t)at;
        describe(tables, language, text, word);
    }
    for (int64_t n = 0; n + 1 < count; n++) join(tables, text, &words[n], &words[n + 1]);
    return count;
}
