/* The passes that choose among the candidates of each name; each adds one kind of evidence to their scores. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo.h"

enum { ROUNDS = 3, MAX_CANDIDATES = 48, MAX_PAIRS = 16, KINDS = 32 };
static const double NEAR = 1.5, NEAR_KM = 60.0, DEGREE_KM = 111.2, FAR_DEGREES = 10.0, RADIAN = 0.017453292519943295;
static const double LAND = 0.6, LAND_OF_STATE = 0.8, LAND_OF_COUNTRY = 0.4, STATE_OF_TOWN = 1.2;
static const double LARGE = 5.6; /* log10 of inhabitants */
static const double STATE = 2.2, BARE = 1.5, FOREIGN = 0.3, HOME = 2.0, CAPITAL_CITY = 1.0, CAPITAL_NAMED = 4.0;
static const double COMMA = 6.0, WITHIN = 2.0, MOST_LANDS = 15.0, MOST_STATES = 7.0;

typedef struct {
    geo_candidate *out;
    uint8_t kind, form, country;
    uint16_t admin1, admin2;
    double size, lat, lon, shrink; /* `shrink`: how much shorter a degree of longitude is than one of latitude */
    double base, score;
} candidate;

/* All candidates of a document, those of one name side by side: name n owns [first[n], first[n + 1]). */
typedef struct {
    const geo_tables *t;
    candidate *c;
    int64_t *first, *chosen;
    uint64_t *names;
    int64_t name_count, count;
} field;

static bool is_land(uint8_t kind) { return kind == COUNTRY; }
static bool is_town(uint8_t kind) { return kind <= ADMIN2; }

/* Score candidates alone: inhabitants, kind of place, and whether the name is its main one. Alternate names are mostly
   those of other languages: they count less in an English text. A state gives way to a large city of its name. */
static void score_prominence(field *f, bool english) {
    static const double of_kind[] = {[CITY] = 0.5, [ADMIN2] = 0.0, [ADMIN1] = 2.0, [COUNTRY] = 3.0};
    static const double alternate[] = {[CITY] = -1.5, [ADMIN2] = -1.5, [ADMIN1] = -2.0, [COUNTRY] = -3.0};
    int strongest = english ? SHORT : INFLECTED;
    for (int64_t n = 0; n < f->name_count; n++) {
        bool namesake = false;
        for (int64_t k = f->first[n]; k < f->first[n + 1]; k++)
            namesake |= f->c[k].kind == CITY && f->c[k].size >= LARGE && f->c[k].form <= strongest;
        for (int64_t k = f->first[n]; k < f->first[n + 1]; k++) {
            candidate *c = &f->c[k];
            bool stated = c->kind <= COUNTRY;
            double foreign = c->form == ALTERNATE && stated ? alternate[c->kind] * (english ? 1.0 : FOREIGN) : 0.0;
            c->out->prominence = (c->size > 2.0 ? c->size : 2.0) + (stated ? of_kind[c->kind] : 2.0) + foreign -
                                 STATE * (c->kind == ADMIN1 && namesake) -
                                 BARE * (c->kind == ADMIN2 && c->form == SHORT) +
                                 CAPITAL_CITY * f->t->is_capital[c->out->place];
        }
    }
}

static bool gap_is(const geo_text *x, int32_t from, int32_t until, const uint32_t *gap) {
    for (; *gap; gap++, from++)
        if (from >= until || body_at(x, from) != *gap) return false;
    return from == until;
}

/* Return what stands between two names: `COMMA` for "Paris, Texas", `WITHIN` for "Paris in Texas", 0 for all else. */
static double bond(const geo_text *x, const geo_mention *inner, const geo_mention *outer) {
    static const uint32_t gaps[][9] = {
        {',', ' '}, {' ', '('}, {0x60C, ' '}, {0x3001}, {0xFF0C}, {' ', 'i', 'n', ' '}, {',', ' ', 'i', 'n', ' '},
        {' ', 'e', 'n', ' '}, {' ', 'a', 'u', ' '}, {' ', 0x432, ' '}, {' ', 0x443, ' '}, {' ', 0x641, 0x64A, ' '},
        {' ', 'i', 'n', ' ', 'd', 'e', 'r', ' '}, {' ', 'i', 'm', ' '},
    };
    enum { COMMAS = 5 };
    for (size_t n = 0; n < sizeof gaps / sizeof *gaps; n++)
        if (gap_is(x, inner->end, outer->start, gaps[n])) return n < COMMAS ? COMMA : WITHIN;
    return 0.0;
}

static bool lies_in(const candidate *x, const candidate *y) {
    if (!y->country) return false;
    if (y->kind == COUNTRY || y->kind >= FIRST_REGION) return x->country == y->country && x->kind != COUNTRY;
    if (y->kind == ADMIN1) return x->admin1 == y->admin1 && x->kind < ADMIN1;
    return y->kind == ADMIN2 && x->admin2 == y->admin2 && x->kind == CITY && y->admin2;
}

/* Score candidates that lie inside a candidate of the next name, and the states and countries around them. */
static void score_containment(field *f, int64_t inner, int64_t outer, double reward) {
    for (int64_t a = f->first[inner]; a < f->first[inner + 1]; a++)
        for (int64_t b = f->first[outer]; b < f->first[outer + 1]; b++) {
            geo_candidate *x = f->c[a].out, *y = f->c[b].out;
            if (!lies_in(&f->c[a], &f->c[b])) continue;
            if (x->containment < reward) x->containment = reward;
            if (y->containment < reward / 2) y->containment = reward / 2;
        }
}

static void score_pairs(const geo_text *x, const geo_mention *m, int64_t n, const int32_t *owner, field *f) {
    struct {
        int32_t inner, outer;
        double reward;
    } seen[MAX_PAIRS];
    int64_t pairs = 0, k;
    for (int64_t at = 0; at + 1 < n && pairs < MAX_PAIRS; at++) {
        double reward = bond(x, &m[at], &m[at + 1]);
        if (reward == 0.0) continue;
        for (k = 0; k < pairs; k++)
            if (seen[k].inner == owner[at] && seen[k].outer == owner[at + 1] && seen[k].reward == reward) break;
        if (k < pairs) continue;
        seen[pairs].inner = owner[at];
        seen[pairs].outer = owner[at + 1];
        seen[pairs++].reward = reward;
        score_containment(f, owner[at], owner[at + 1], reward);
    }
}

static bool names_land(const field *f, int64_t n, uint8_t country) {
    for (int64_t k = f->first[n]; k < f->first[n + 1]; k++)
        if (is_land(f->c[k].kind) && f->c[k].country == country) return true;
    return false;
}

/* Say whether a name of its own, and of nothing else, names this country. */
static bool is_named(const field *f, uint8_t country) {
    for (int64_t n = 0; n < f->name_count; n++)
        if (f->first[n + 1] - f->first[n] == 1 && names_land(f, n, country)) return true;
    return false;
}

static bool rivals_are_absent(const field *f, int64_t n, uint8_t own) {
    int64_t rivals = 0;
    for (int64_t k = f->first[n]; k < f->first[n + 1]; k++) {
        if (!is_land(f->c[k].kind)) continue;
        if (f->c[k].country == own || is_named(f, f->c[k].country)) return false;
        rivals++;
    }
    return rivals > 0;
}

/* Score capitals of countries that the document names where they share a name with a country it does not:
   "عمان" is Amman beside Jordan, else Oman. */
static void score_capitals(field *f) {
    for (int64_t n = 0; n < f->name_count; n++)
        for (int64_t k = f->first[n]; k < f->first[n + 1]; k++) {
            candidate *c = &f->c[k];
            if (f->t->is_capital[c->out->place] && rivals_are_absent(f, n, c->country) && is_named(f, c->country))
                c->out->capital = CAPITAL_NAMED;
        }
}

/* Choose the candidate with the highest score of each name, the first one (the most prominent) of equals. */
static bool choose(field *f) {
    bool changed = false;
    for (int64_t n = 0; n < f->name_count; n++) {
        int64_t best = f->first[n];
        for (int64_t k = best + 1; k < f->first[n + 1]; k++)
            if (f->c[k].score > f->c[best].score) best = k;
        changed |= f->chosen[n] != best;
        f->chosen[n] = best;
    }
    return changed;
}

/* Return log2(1 + weight of the other names whose choice shares a country or state with the candidate). */
static double shared(const double *total, uint16_t value, uint16_t own, double weight, double most) {
    if (!value) return 0.0;
    double others = total[value] - (value == own ? weight : 0.0);
    return log2(1 + (others < most ? others : most));
}

/* Score candidates by how many other names are taken to lie in their country or state. */
static void score_company(field *f, double *lands, double *states) {
    for (int64_t n = 0; n < f->count; n++) lands[f->c[n].country] = states[f->c[n].admin1] = 0.0;
    for (int64_t n = 0; n < f->name_count; n++) {
        const candidate *own = &f->c[f->chosen[n]];
        lands[own->country] += is_land(own->kind) ? 2.0 : 1.0;
        states[own->admin1] += own->kind == ADMIN1 ? 2.0 : 1.0;
    }
    for (int64_t n = 0; n < f->name_count; n++) {
        const candidate *own = &f->c[f->chosen[n]];
        for (int64_t k = f->first[n]; k < f->first[n + 1]; k++) {
            candidate *c = &f->c[k];
            double of_land = is_town(c->kind) ? LAND : c->kind == COUNTRY ? LAND_OF_COUNTRY : LAND_OF_STATE;
            c->score = of_land * shared(lands, c->country, own->country, is_land(own->kind) ? 2.0 : 1.0, MOST_LANDS);
            if (is_town(c->kind))
                c->score += STATE_OF_TOWN *
                            shared(states, c->admin1, own->admin1, own->kind == ADMIN1 ? 2.0 : 1.0, MOST_STATES);
        }
    }
}

static double closeness(const candidate *c, const candidate *spot) {
    double north = c->lat - spot->lat;
    if (fabs(north) > FAR_DEGREES) return 0.0;
    double east = (c->lon - spot->lon) * c->shrink;
    double square = north * north + east * east;
    return square > FAR_DEGREES * FAR_DEGREES ? 0.0 : exp(sqrt(square) * (-DEGREE_KM / NEAR_KM));
}

/* Score cities, counties and regions by the other cities and counties close by (e-folding at 60 km). */
static void score_distance(field *f) {
    int64_t spots = 0;
    for (int64_t n = 0; n < f->name_count; n++) spots += is_town(f->c[f->chosen[n]].kind);
    for (int64_t n = 0; spots > 1 && n < f->name_count; n++)
        for (int64_t k = f->first[n]; k < f->first[n + 1]; k++) {
            candidate *c = &f->c[k];
            double total = 0.0;
            if (c->kind == ADMIN1 || c->kind == COUNTRY) continue;
            for (int64_t other = 0; other < f->name_count; other++) {
                const candidate *spot = &f->c[f->chosen[other]];
                if (other != n && is_town(spot->kind)) total += closeness(c, spot);
            }
            c->score += NEAR * (total < 2.0 ? total : 2.0);
        }
}

/* Choose a candidate for every name; the context comes from the choices of the round before. */
static void settle(field *f, double *lands, double *states) {
    for (int64_t k = 0; k < f->count; k++) f->c[k].score = f->c[k].base;
    choose(f);
    for (int round = 0; f->name_count > 1 && round < ROUNDS; round++) {
        score_company(f, lands, states);
        score_distance(f);
        for (int64_t k = 0; k < f->count; k++) f->c[k].score += f->c[k].base;
        if (!choose(f)) break;
    }
    for (int64_t k = 0; k < f->count; k++) f->c[k].out->context = f->c[k].score - f->c[k].base;
}

static void set_candidate(const geo_tables *t, uint64_t entry, int32_t owner, candidate *c) {
    int32_t place = place_of(entry);
    *c->out = (geo_candidate){.owner = owner, .place = place};
    c->form = (uint8_t)form_of(entry);
    c->kind = t->kind[place];
    c->country = t->country[place];
    c->admin1 = t->admin1[place];
    c->admin2 = t->admin2[place];
    c->size = t->size[place] / 25.0;
    c->lat = t->lat[place];
    c->lon = t->lon[place];
    c->shrink = cos(c->lat * RADIAN);
}

/* Number the names in order of first mention. */
static void number_names(const geo_mention *m, int64_t n, int32_t *owner, field *f) {
    for (int64_t k = 0; k < n; k++) {
        int64_t number = 0;
        while (number < f->name_count && f->names[number] != m[k].name) number++;
        owner[k] = (int32_t)number;
        if (number < f->name_count) continue;
        f->names[f->name_count++] = m[k].name;
        int64_t size = m[k].high - m[k].low;
        f->first[number + 1] = f->first[number] + (size < MAX_CANDIDATES ? size : MAX_CANDIDATES);
    }
    f->count = f->first[f->name_count];
}

static void score_all(const geo_text *x, bool english, int32_t home, const geo_mention *m, int64_t n,
                      const int32_t *owner, field *f) {
    for (int64_t k = 0, name = 0; k < n; k++)
        if (owner[k] == name) {
            for (int64_t at = f->first[name]; at < f->first[name + 1]; at++)
                set_candidate(f->t, f->t->entries[m[k].low + at - f->first[name]], (int32_t)name, &f->c[at]);
            name++;
        }
    score_prominence(f, english);
    score_pairs(x, m, n, owner, f);
    score_capitals(f);
    for (int64_t k = 0; k < f->count; k++) {
        geo_candidate *out = f->c[k].out;
        out->source = home && f->c[k].country == home ? HOME : 0.0;
        f->c[k].base = out->prominence + out->containment + out->capital + out->source;
    }
}

int64_t geo_settle(const geo_tables *tables, const geo_text *text, int32_t english, int32_t home, geo_mention *mentions,
                   int64_t mention_count, geo_candidate *candidates, int64_t capacity) {
    size_t n = (size_t)mention_count;
    int32_t *owner = malloc((n + 1) * sizeof *owner);
    field f = {.t = tables,
               .first = calloc(n + 1, sizeof(int64_t)),
               .chosen = calloc(n + 1, sizeof(int64_t)),
               .names = malloc((n + 1) * sizeof(uint64_t))};
    if (owner && f.first && f.names) number_names(mentions, mention_count, owner, &f);
    size_t count = (size_t)f.count + 1;
    double *lands = malloc((256 + 65536) * sizeof *lands);
    geo_candidate *out = calloc(count, sizeof *out);
    f.c = calloc(count, sizeof *f.c);
    bool failed = !owner || !f.first || !f.chosen || !f.names || !lands || !out || !f.c;
    if (!failed) {
        for (int64_t k = 0; k < f.count; k++) f.c[k].out = &out[k];
        score_all(text, english, home, mentions, mention_count, owner, &f);
        settle(&f, lands, lands + 256);
        for (int64_t k = 0; k < mention_count; k++) {
            const geo_candidate *chosen = f.c[f.chosen[owner[k]]].out;
            mentions[k].chosen = chosen->place;
            mentions[k].support = chosen->context;
        }
        if (candidates) memcpy(candidates, out, (size_t)(f.count < capacity ? f.count : capacity) * sizeof *out);
    }
    free(owner), free(f.first), free(f.chosen), free(f.names), free(lands), free(out), free(f.c);
    return failed ? -1 : f.count;
}
