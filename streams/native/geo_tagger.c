/* Which of the names are places: a linear model where capitals help, size and frequency where there are none. */
#include <stdlib.h>

#include "geo_scene.h"

enum { MOSTLY_CAPITAL = 64 }; /* of 127: half of the time */
enum { CLUES = 22, WHOLE = 3, DATELINE = 4, DATELINE_REACH = 24 };
enum {
    SMALL_TOWN = 87,
    LARGE = 104,
    METROPOLIS = 137,
    COMMON = 9
}; /* 25·log10 of inhabitants; log2 in ten million words */
static const double SURE = 9.0, SECOND_LOOK = -2.5, OTHER_LANGUAGE = 1.0;

typedef struct {
    tally *tallies;
    int32_t *boxes;
    uint64_t *people;
    int64_t tally_count, box_count, people_count;
} surroundings;

static uint64_t ascii(const char *word) {
    uint32_t points[16];
    int64_t size = 0;
    for (; word[size] && size < 16; size++) points[size] = (uint8_t)word[size];
    return word_hash(points, size);
}

static tokens known_tokens(void) {
    static const uint32_t opening[] = {'^', '.', '!', '?', '"', 0x201D, ':'};
    static const char *const locative[] = {"in", "at",      "from",   "near",   "of",
                                           "to", "outside", "around", "across", "into"};
    tokens known = {
        .in = ascii("in"), .said = ascii("said"), .comma = token(','), .none = token('-'), .inside = token('=')};
    for (int n = 0; n < 7; n++) known.opening[n] = token(opening[n]);
    for (int n = 0; n < 10; n++) known.locative[n] = ascii(locative[n]);
    return known;
}

static bool among(const uint64_t *known, int64_t count, uint64_t wanted) {
    for (int64_t n = 0; n < count; n++)
        if (known[n] == wanted) return true;
    return false;
}

/* A number for a state, or for a country where no state is given. */
static int32_t box(int32_t country, int32_t admin1) { return admin1 ? admin1 + 256 : country; }

static bool is_boxed(const surroundings *around, int32_t wanted) {
    for (int64_t n = 0; n < around->box_count; n++)
        if (around->boxes[n] == wanted) return true;
    return false;
}

static int32_t few(int32_t low, int32_t high) { return high < low + FEW ? high : low + FEW; }

/* Say whether a name may be a city or county of a state or country that the document names. */
static bool at_home(const geo_tables *t, const surroundings *around, int32_t low, int32_t high) {
    for (int32_t n = low; n < few(low, high); n++) {
        int32_t place = place_of(t->entries[n]);
        if (t->kind[place] < ADMIN1 &&
            (is_boxed(around, t->country[place]) || is_boxed(around, box(0, t->admin1[place]))))
            return true;
    }
    return false;
}

static tally *tally_of(surroundings *around, uint64_t name) {
    for (int64_t n = 0; n < around->tally_count; n++)
        if (around->tallies[n].name == name) return &around->tallies[n];
    around->tallies[around->tally_count] = (tally){.name = name};
    return &around->tallies[around->tally_count++];
}

static void count_mention(const scene *s, const geo_mention *m, uint64_t before, surroundings *around) {
    tally *own = tally_of(around, m->name);
    own->count++;
    own->headed += m->whole == 2;
    own->tailed += m->whole == 1;
    own->alone += m->whole == WHOLE;
    own->good += m->whole == WHOLE && among(s->known->locative, 10, before);
    if (m->kind != ADMIN1 && m->kind != COUNTRY) return;
    own->good += before == s->known->comma;
    int32_t boxed = box(s->t->country[m->place], m->kind == ADMIN1 ? s->t->admin1[m->place] : 0);
    if (!is_boxed(around, boxed)) around->boxes[around->box_count++] = boxed;
}

static void look_around(const scene *s, const geo_mention *m, int64_t n, surroundings *around) {
    for (int64_t k = 0; k < n; k++) count_mention(s, &m[k], token_before(s, m[k].first), around);
    for (int64_t k = 0; k < n; k++) {
        tally *own = tally_of(around, m[k].name);
        own->home = own->home || at_home(s->t, around, m[k].low, m[k].high);
    }
    around->people_count = find_people(s, around->people);
}

static int32_t least(int32_t one, int32_t other) { return one < other ? one : other; }

static uint64_t word_or(const scene *s, int32_t word) {
    return word >= 0 && word < s->n ? s->w[word].hash : token('#');
}

static uint64_t with_number(uint64_t token, int32_t number) { return phrase(token, (uint64_t)number + 1); }

/* The clues by which a mention is kept or dropped, in the order of CLUES in streams/geo/tagger.py. */
static void find_clues(const scene *s, const geo_mention *m, surroundings *around, uint64_t clues[CLUES]) {
    int32_t a = m->run_first, b = m->run_last, first = m->first, last = m->last, whole = m->whole, rank = m->rank;
    uint32_t trait = s->w[first].trait, tail_trait = s->w[last - 1].trait;
    bool native = s->l->english || m->form == MAIN, headed = a<first, tailed = b> last, big = m->kind >= ADMIN1;
    int32_t form = native ? m->form : SHORT, share = last - first == 1 ? (int32_t)(trait & SMALL_SHARE) : 0;
    int32_t rare = (share > 0) + (share > 3) + (share > 13) + (share > 64);
    uint64_t before = headed ? s->known->inside : token_before(s, first);
    uint64_t behind = tailed ? s->known->inside : token_behind(s, last);
    uint64_t left = headed ? word_or(s, first - 1) : s->known->none, right = tailed ? word_or(s, last) : s->known->none;
    int32_t names = 2 * !!(trait & GIVEN) + !!(tail_trait & SURNAME), left_trait = 0, right_trait = 0;
    if (headed)
        left_trait = slot_of(s->t->titles, s->t->titles_mask, left) >= 0 ? 3 : s->w[first - 1].trait & GIVEN ? 2 : 1;
    if (tailed) right_trait = s->w[last].trait & SURNAME ? 2 : 1;
    const tally *own = tally_of(around, m->name);
    bool person = among(around->people, around->people_count, s->w[last - 1].hash);
    bool opens = among(s->known->opening, 7, before);
    bool shouted = is_upper(s->t, s->x->body + m->start, m->end - m->start);
    uint64_t values[CLUES] = {
        0,
        (uint64_t)(rank * 8 + form),
        (uint64_t)least(3, last - first),
        (uint64_t)(rare * 4 + opens * 2 + big),
        (uint64_t)(whole * 12 + rank),
        (uint64_t)(least(3, first - a) * 4 + least(3, b - last)),
        before,
        with_number(before, whole),
        behind,
        with_number(behind, big),
        left,
        right,
        (uint64_t)(left_trait * 12 + rank),
        (uint64_t)(right_trait * 4 + whole),
        (uint64_t)(names * 12 + rank),
        (uint64_t)(person * 4 + names),
        (uint64_t)(least(2, own->good) * 4 + names),
        (uint64_t)(least(4, own->count) * 4 + least(3, own->alone)),
        (uint64_t)(own->home * 12 + rank),
        (uint64_t)(shouted * 8 + least(7, m->end - m->start)),
        tailed ? with_number(word_or(s, b - 1), whole) : s->known->none,
        (uint64_t)((least(2, own->tailed) * 9 + least(2, own->headed) * 3 + least(2, own->alone)) * 4 + whole),
    };
    for (int n = 0; n < CLUES; n++) clues[n] = phrase((uint64_t)n + 1, values[n]);
}

static double score(const geo_tables *t, const uint64_t clues[CLUES]) {
    double total = 0.0;
    for (int n = 0; n < CLUES; n++) {
        int64_t slot = slot_of(t->clues, t->clues_mask, clues[n]);
        if (slot >= 0) total += t->clue_weights[slot];
    }
    return total;
}

/* Say whether a name of a script without capitals is known enough not to be some other word. */
static bool is_plausible(const scene *s, const geo_mention *m, const surroundings *around) {
    bool divided = m->kind >= ADMIN1;
    int32_t largest = 0;
    for (int32_t n = m->low; n < few(m->low, m->high); n++) {
        int32_t place = place_of(s->t->entries[n]);
        divided |= s->t->kind[place] >= ADMIN1;
        if (s->t->size[place] > largest) largest = s->t->size[place];
    }
    if (divided) return true;
    int32_t often = m->last - m->first == 1 ? (int32_t)(s->w[m->first].trait >> OFTEN_SHIFT & OFTEN) : 0;
    if (largest >= LARGE) return often < COMMON + (largest - LARGE) / 12;
    return largest >= SMALL_TOWN && often < COMMON && m->end - m->start > 3 && at_home(s->t, around, m->low, m->high);
}

static bool begins_with(const scene *s, int32_t at, int32_t until, const char *ascii) {
    for (int32_t n = 0; ascii[n]; n++)
        if (at + n >= until || body_at(s->x, at + n) != (uint8_t)ascii[n]) return false;
    return true;
}

/* Say whether a name in capitals is a dateline: "CHARLESTON, W.Va. --", "BEIRUT (AFP)". */
static bool opens_report(const scene *s, const geo_mention *m) {
    if (m->whole != WHOLE || m->end - m->start < DATELINE) return false;
    if (!is_upper(s->t, s->x->body + m->start, m->end - m->start)) return false;
    int32_t until = m->end + DATELINE_REACH, at = m->end;
    while (at < until && body_at(s->x, at) == ' ') at++;
    uint32_t sign = at < until ? body_at(s->x, at) : 0;
    if (sign == '-' || sign == 0x2014 || sign == 0x2013 || sign == ':') return true;
    if (begins_with(s, at, until, "(AP") || begins_with(s, at, until, "(AFP") || begins_with(s, at, until, "(Reuters"))
        return true;
    for (int32_t n = at; sign == ',' && n + 1 < until; n++)
        if (body_at(s->x, n) == '-' && body_at(s->x, n + 1) == '-') return true;
    return false;
}

/* Say whether a name may be that of a region that the gazetteer has for its own sake: Gaza, Darfur, Sahel. */
static bool is_region(const scene *s, const geo_mention *m) {
    for (int32_t n = m->low; n < few(m->low, m->high); n++)
        if (s->t->kind[place_of(s->t->entries[n])] >= FIRST_REGION) return true;
    return false;
}

/* Say whether a name is that of a country, region or large town, and no word or name of persons besides. */
static bool is_known(const scene *s, const geo_mention *m) {
    uint32_t trait = s->w[m->first].trait | s->w[m->last - 1].trait;
    if (is_region(s, m)) return !(trait & (GIVEN | SURNAME)) && (trait & SMALL_SHARE) < MOSTLY_CAPITAL;
    return (m->kind == COUNTRY || s->t->size[m->place] >= METROPOLIS) && !(trait & (GIVEN | SURNAME | SMALL_SHARE));
}

/* Say whether a name in Latin letters is what another language calls a small town: mostly it is some other word. */
static bool is_foreign(const scene *s, const geo_mention *m) {
    enum { LATIN = 0x250 };
    if (!s->l->english && body_at(s->x, m->start) >= LATIN) return false;
    return m->form == ALTERNATE && m->kind < ADMIN1 && s->t->size[m->place] < LARGE;
}

static double trust(const scene *s, const geo_mention *m, surroundings *around) {
    if (m->form >= DEMONYM) return SURE;
    if (body_at(s->x, m->end) == '$') return -SURE; /* US$, A$: money */
    if (!(s->w[m->first].flags & CAPITAL)) return is_plausible(s, m, around) ? SURE : -SURE;
    if ((m->kind == COUNTRY && m->last - m->first > 1) || opens_report(s, m)) return SURE;
    if (m->whole == WHOLE && m->form <= SHORT && is_known(s, m)) return SURE;
    if (is_foreign(s, m) && (s->l->english || !at_home(s->t, around, m->low, m->high))) return -SURE;
    uint64_t clues[CLUES];
    find_clues(s, m, around, clues);
    return (s->l->english ? 0.0 : OTHER_LANGUAGE) + score(s->t, clues);
}

/* Fill in the names that may be places, as many as there is room for; return how many there are. */
static int64_t tag(const scene *s, const matches *found, geo_mention *all, surroundings *around, geo_mention *mentions,
                   uint64_t *clues, int64_t capacity) {
    int64_t count = 0, kept = 0;
    for (int64_t n = 0; n < found->size; n++) {
        const match *row = &found->rows[n];
        if (clues || !is_stop(s, row)) set_mention(s, row, &all[count++]);
    }
    look_around(s, all, count, around);
    for (int64_t n = 0; n < count; n++) {
        all[n].trust = trust(s, &all[n], around);
        if (!clues && all[n].trust <= SECOND_LOOK) continue;
        if (kept < capacity) mentions[kept] = all[n];
        if (kept < capacity && clues) find_clues(s, &all[n], around, clues + kept * CLUES);
        kept++;
    }
    return kept;
}

int64_t geo_mentions(const geo_tables *tables, const geo_language *language, const geo_text *text, geo_word *words,
                     int64_t word_count, geo_mention *mentions, uint64_t *clues, int64_t capacity) {
    tokens known = known_tokens();
    scene s = {tables, language, text, words, word_count, &known};
    matches found = {0};
    find_names(tables, language, text, words, word_count, &found);
    int64_t count = choose_names(tables, text, &found);
    find_traits(tables, language, words, word_count, &found);
    size_t room = (size_t)count + 1;
    geo_mention *all = malloc(room * sizeof *all);
    surroundings around = {
        .tallies = malloc(room * sizeof(tally)),
        .boxes = malloc(room * sizeof(int32_t)),
        .people = malloc(((size_t)word_count * 4 + 1) * sizeof(uint64_t)),
    };
    bool failed = found.failed || !all || !around.tallies || !around.boxes || !around.people;
    if (!failed) count = tag(&s, &found, all, &around, mentions, clues, capacity);
    free(all);
    free(found.rows);
    free(around.tallies);
    free(around.boxes);
    free(around.people);
    return failed ? -1 : count;
}
