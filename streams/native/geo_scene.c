/* What stands around each name: the run of words with a capital, the neighbours, the persons, the other names. */
#include <stdlib.h>

#include "geo_scene.h"

enum { RUN = 6, PERSON = 4 };

static uint32_t find_trait(const geo_tables *t, uint64_t hash) {
    uint64_t key = hash & ~PAYLOADS, bucket = hash >> BUCKET_SHIFT;
    for (uint32_t n = t->lexicon_buckets[bucket]; n < t->lexicon_buckets[bucket + 1]; n++)
        if ((t->lexicon[n] & ~PAYLOADS) == key) return (uint32_t)(t->lexicon[n] & PAYLOADS);
    return 0;
}

/* Tell whether a name is one word, or a part of a run without spaces, that is hardly ever meant as a place. */
bool is_stop(const scene *s, const match *m) {
    if (m->last - m->first != 1) return false;
    const geo_word *word = &s->w[m->first];
    return (word->flags & UNSPACED ? find_trait(s->t, phrase(s->l->spoken, m->name)) : word->trait) & STOP;
}

static void set_trait(const geo_tables *t, const geo_language *l, geo_word *word) {
    word->trait = find_trait(t, word->hash) | find_trait(t, phrase(l->spoken, word->hash));
}

/* Look up the words of names and of runs of words with a capital; the others have no traits. */
void find_traits(const geo_tables *t, const geo_language *l, geo_word *w, int64_t n, const matches *m) {
    for (int64_t k = 0; k < n; k++) {
        bool runs = (w[k].flags & CAPITAL) && (w[k].flags & JOINED);
        if (runs) set_trait(t, l, &w[k]);
        if (runs && k + 1 < n) set_trait(t, l, &w[k + 1]);
    }
    for (int64_t k = 0; k < m->size; k++) {
        set_trait(t, l, &w[m->rows[k].first]);
        set_trait(t, l, &w[m->rows[k].last - 1]);
    }
}

static bool runs_on(const scene *s, int32_t word) {
    return word + 1 < s->n && (s->w[word].flags & JOINED) && (s->w[word].flags & CAPITAL) &&
           (s->w[word + 1].flags & CAPITAL);
}

static void find_run(const scene *s, int32_t *first, int32_t *last) {
    int32_t low = *first > RUN ? *first - RUN : 0, high = *last + RUN < s->n ? *last + RUN : (int32_t)s->n;
    while (*first > low && runs_on(s, *first - 1)) --*first;
    while (*last < high && runs_on(s, *last - 1)) ++*last;
}

uint64_t token(uint32_t sign) { return word_hash(&sign, 1); }

/* Return the token between two words that are not side by side: the last mark before, or the first one behind. */
static uint64_t mark_between(const scene *s, int32_t from, int32_t until, bool last, uint32_t edge) {
    uint32_t mark = 0;
    for (int32_t n = from; n < until; n++) {
        uint32_t point = body_at(s->x, n);
        if (point == '\n') return token(edge);
        if (!(class_of(s->t, point) & WHITE) && (last || !mark)) mark = point;
    }
    return token(mark ? mark : edge);
}

static bool side_by_side(const scene *s, int32_t from, int32_t until) {
    uint32_t sign = body_at(s->x, from);
    return until - from == 1 && (sign == ' ' || sign == '-');
}

/* Return what stands before a word: the word, the mark between, or `^`; other languages' prepositions are "in". */
uint64_t token_before(const scene *s, int32_t word) {
    if (!word) return token('^');
    const geo_word *before = &s->w[word - 1];
    if (!side_by_side(s, before->end, s->w[word].start))
        return mark_between(s, before->end, s->w[word].start, true, '^');
    bool preposition = !s->l->english && (before->flags & LOCATIVE) && (before->flags & LETTERS);
    return preposition ? s->known->in : before->hash;
}

/* Return what stands behind word `word - 1`, likewise, or `$`; other languages' verbs of speech are "said". */
uint64_t token_behind(const scene *s, int32_t word) {
    int32_t end = s->w[word - 1].end;
    if (word >= s->n)
        return mark_between(s, end, end + 1 < s->x->body_size ? end + 1 : (int32_t)s->x->body_size, false, '$');
    const geo_word *behind = &s->w[word];
    if (!side_by_side(s, end, behind->start)) return mark_between(s, end, behind->start, false, '$');
    bool speech = !s->l->english && (behind->flags & SPEECH) && (behind->flags & LETTERS);
    return speech ? s->known->said : behind->hash;
}

static uint8_t rank_of(uint8_t kind, uint8_t size) {
    if (kind == CITY) return size / 22 < 8 ? size / 22 : 8;
    return kind < COUNTRY ? 8 + kind : 11;
}

static bool near(const scene *s, int32_t word, int32_t reach, uint32_t flag) {
    int32_t low = word > reach ? word - reach : 0, high = word + reach + 1 < s->n ? word + reach + 1 : (int32_t)s->n;
    for (int32_t n = low; n < high; n++)
        if (s->w[n].flags & flag) return true;
    return false;
}

static bool violent_sentence(const scene *s, int32_t word) {
    for (int32_t n = word; n >= 0; n--) {
        if (s->w[n].flags & VIOLENCE) return true;
        if (s->w[n].flags & SENTENCE) break;
    }
    for (int32_t n = word + 1; n < s->n && !(s->w[n].flags & SENTENCE); n++)
        if (s->w[n].flags & VIOLENCE) return true;
    return false;
}

static uint32_t flags_of(const scene *s, const geo_mention *m) {
    enum { VIOLENCE_REACH = 10, SPEECH_REACH = 4 };
    uint32_t behind = m->last < s->n ? s->w[m->last].flags : 0, prefix = s->l->locative_prefix;
    bool located = (m->first && (s->w[m->first - 1].flags & LOCATIVE)) || (prefix && body_at(s->x, m->start) == prefix);
    return (near(s, m->first, VIOLENCE_REACH, VIOLENCE) ? VIOLENT : 0) |
           (near(s, m->first, SPEECH_REACH, SPEECH) ? TALKING : 0) | (located ? LOCATED : 0) |
           (behind & SPEECH ? SPEAKING : 0) | (behind & FIRM ? OF_FIRM : 0) |
           (s->w[m->first].flags & UNSPACED ? UNSEGMENTED : 0) | (violent_sentence(s, m->first) ? HERE : 0) |
           (m->run_last > m->last && body_at(s->x, m->end) == ' ' ? LONGER : 0);
}

void set_mention(const scene *s, const match *found, geo_mention *m) {
    uint64_t entry = s->t->entries[found->low];
    int32_t place = place_of(entry);
    *m = (geo_mention){
        .name = found->name,
        .low = found->low,
        .high = found->high,
        .first = found->first,
        .last = found->last,
        .start = found->start,
        .end = found->end,
        .run_first = found->first,
        .run_last = found->last,
        .place = place,
        .chosen = -1,
        .kind = s->t->kind[place],
        .form = (uint8_t)form_of(entry),
        .rank = rank_of(s->t->kind[place], s->t->size[place]),
    };
    find_run(s, &m->run_first, &m->run_last);
    m->whole = 2 * (m->run_first == m->first) + (m->run_last == m->last);
    m->flags = flags_of(s, m);
}

/* Return the hashes of the surnames of persons named in full, or with a title; their number in `count`. */
int64_t find_people(const scene *s, uint64_t *people) {
    int64_t count = 0;
    for (int32_t n = 0; n < s->n; n++) {
        if (!runs_on(s, n)) continue;
        if (!(s->w[n].trait & GIVEN) && slot_of(s->t->titles, s->t->titles_mask, s->w[n].hash) < 0) continue;
        int32_t first = n, last = n + 1;
        find_run(s, &first, &last);
        for (int32_t tail = n + 1; tail < last && tail < n + PERSON; tail++) people[count++] = s->w[tail].hash;
    }
    return count;
}
