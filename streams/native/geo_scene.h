/* A document laid out for looking around in it. */
#ifndef STREAMS_GEO_SCENE_H
#define STREAMS_GEO_SCENE_H

#include "geo.h"

/* Tokens that the tagger knows: see `known_tokens`. */
typedef struct {
    uint64_t in, said, comma, none, inside, opening[7], locative[10];
} tokens;

typedef struct {
    const geo_tables *t;
    const geo_language *l;
    const geo_text *x;
    const geo_word *w;
    int64_t n;
    const tokens *known;
} scene;

/* How often a name stands, alone, at the head or tail of a run, where a place would; whether it is at home: it may be
   a city or county of a state or country that the document names. */
typedef struct {
    uint64_t name;
    int32_t count, alone, headed, tailed, good;
    bool home;
} tally;

uint64_t token(uint32_t sign);
uint64_t token_before(const scene *s, int32_t word);
uint64_t token_behind(const scene *s, int32_t word);
bool is_stop(const scene *s, const match *m);
void set_mention(const scene *s, const match *found, geo_mention *m);
int64_t find_people(const scene *s, uint64_t *people);

#endif
