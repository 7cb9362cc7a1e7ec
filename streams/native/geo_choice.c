/* Which of the names found stand: the longest at each place, and abbreviations only where they are written so. */
#include <stdlib.h>

#include "geo.h"

enum { SHORT_NAME = 3 };

bool is_upper(const geo_tables *t, const uint32_t *points, int64_t size) {
    bool upper = false;
    for (int64_t n = 0; n < size; n++) {
        uint8_t kind = class_of(t, points[n]) & CLASS;
        if (kind == LOWER) return false;
        upper |= kind == UPPER;
    }
    return upper;
}

static bool has(const geo_text *x, int32_t start, int32_t end, uint32_t wanted) {
    for (int32_t n = start; n < end; n++)
        if (body_at(x, n) == wanted) return true;
    return false;
}

/* Narrow a match down to its entries of one form; false where it has none. */
static bool narrow(const geo_tables *t, match *m, int32_t form) {
    int32_t low = m->low, high;
    while (low < m->high && form_of(t->entries[low]) != form) low++;
    for (high = low; high < m->high && form_of(t->entries[high]) == form;) high++;
    if (low == high) return false;
    m->low = low;
    m->high = high;
    return true;
}

static bool has_form(const geo_tables *t, const match *m, int32_t form) {
    match copy = *m;
    return narrow(t, &copy, form);
}

/* Take two or three letters as an acronym ("UK") if they are written so, as a name ("Goa") if not. */
static bool admit_acronym(const geo_tables *t, match *m, bool upper) {
    if (!upper) return m->end - m->start == SHORT_NAME;
    if (!narrow(t, m, SHORT)) return false;
    m->name ^= 2;
    return true;
}

/* Take what may be an abbreviation either as one ("Macon, Ga.", "Macon, GA") or as a name only. */
static bool admit_abbreviation(const geo_tables *t, const geo_text *x, match *m, bool upper) {
    int32_t length = m->end - m->start, names = m->low;
    bool behind_comma = m->start >= 2 && body_at(x, m->start - 2) == ',' && body_at(x, m->start - 1) == ' ';
    bool dot = body_at(x, m->end) == '.';
    bool dotted = dot && has_form(t, m, ABBREVIATION);
    bool shouted = (class_of(t, body_at(x, m->start - 3)) & CLASS) == UPPER; /* "LOS ANGELES, IN A RAID" */
    bool postal = upper && length == 2 && !shouted && has_form(t, m, POSTAL);
    bool with_dots = has(x, m->start, m->end, '.') && has_form(t, m, SHORT);
    if (with_dots || (behind_comma && (dotted || postal))) {
        m->name ^= 1;
        m->end += dot && !postal;
        return narrow(t, m, with_dots ? SHORT : dotted ? ABBREVIATION : POSTAL);
    }
    while (names < m->high && form_of(t->entries[names]) < ABBREVIATION) names++;
    m->high = names;
    return names > m->low && length > SHORT_NAME;
}

static bool admit(const geo_tables *t, const geo_text *x, match *m) {
    bool upper = is_upper(t, x->body + m->start, m->end - m->start);
    if (form_of(t->entries[m->high - 1]) >= ABBREVIATION) return admit_abbreviation(t, x, m, upper);
    if (m->end - m->start > SHORT_NAME) return true;
    for (int32_t n = m->start; n < m->end; n++)
        if (body_at(x, n) > 0x7F) return true;
    return admit_acronym(t, m, upper);
}

static int by_place(const void *one, const void *other) {
    const match *a = one, *b = other;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    if (a->end != b->end) return a->end > b->end ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

int64_t choose_names(const geo_tables *t, const geo_text *x, matches *m) {
    int64_t kept = 0;
    int32_t taken = -1;
    if (m->size) qsort(m->rows, (size_t)m->size, sizeof *m->rows, by_place);
    for (int64_t n = 0; n < m->size; n++) {
        match row = m->rows[n];
        if (row.start < taken || !admit(t, x, &row)) continue;
        taken = row.end;
        m->rows[kept++] = row;
    }
    return m->size = kept;
}
