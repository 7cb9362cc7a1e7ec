/* What Python calls: read by cffi as it stands, so plain declarations only.

   Lengths count elements. No function keeps a pointer; all arrays belong to the caller. A negative result means that
   memory ran out. Texts are arrays of code points (UTF-32 in the byte order of the machine). */

/* CRC-32 of this file as it was when the library was made. */
uint32_t kernel_made_with(void);

/* A document: its folded text with the way back to the body (offsets, or NULL where both agree), and its body. */
typedef struct {
    const uint32_t *folded;
    int64_t folded_size;
    const int32_t *offsets;
    const uint32_t *body;
    int64_t body_size;
} geo_text;

/* The gazetteer and what is known of words: see streams/geo/gazetteer.py for each array. */
typedef struct {
    const uint64_t *entries;
    int64_t names, small, stems;      /* ends of the three parts of `entries` */
    const uint32_t *buckets;          /* by the first 16 bits of a hash, the first of the names; one more at the end */
    const uint8_t *begins, *whole, *spoken;
    const uint64_t *lexicon;
    const uint32_t *lexicon_buckets;
    const uint8_t *kind, *size, *country, *is_capital;
    const uint16_t *admin1, *admin2;
    const float *lat, *lon;
    const uint8_t *classes;           /* of code points, `classes_size` of them; the last stands for those beyond */
    int64_t classes_size;
    const uint64_t *titles;           /* hash table of words before persons' names */
    uint64_t titles_mask;
    const uint64_t *clues;            /* hash table of the tagger's clues */
    const double *clue_weights;
    uint64_t clues_mask;
} geo_tables;

/* What holds in one language: how names are inflected, which words are cues. */
typedef struct {
    uint64_t spoken;                  /* hash of its code */
    uint8_t english, speaks, at_end;  /* `at_end`: the rules change endings, else beginnings */
    uint32_t locative_prefix;         /* a letter that is "in", written as one word with the name; else 0 */
    int64_t rules;
    const uint64_t *letters, *instead;
    const int32_t *length, *instead_length;
    const uint64_t *cues;             /* hash table of first letters of cue words, and their flags */
    const uint32_t *cue_flags;
    uint64_t cues_mask;
} geo_language;

typedef struct {
    uint64_t hash, head, cue;         /* of the word, its first 4 and its first 5 letters */
    int32_t first, last;              /* [first, last) of the folded text */
    int32_t start, end;               /* [start, end) of the body */
    uint32_t flags, trait;
} geo_word;

typedef struct {
    uint64_t name;                    /* hash */
    int32_t low, high;                /* its entries */
    int32_t first, last;              /* its words */
    int32_t start, end;               /* its stretch of the body */
    int32_t run_first, run_last;      /* the words with a capital around it */
    int32_t place, chosen;            /* of its first entry; the one it is taken for, -1: none */
    uint32_t flags;
    uint8_t kind, form, whole, rank;
    double trust, support;
} geo_mention;

typedef struct {
    int32_t owner, place;             /* number of the name, in order of first mention; of the place */
    double prominence, containment, capital, source, context;
} geo_candidate;

/* Fill `words` (room for folded_size / 2 + 1) and return their number. */
int64_t geo_words(const geo_tables *tables, const geo_language *language, const geo_text *text, geo_word *words);

/* Fill `mentions` with the names that may be places, `capacity` at most, and return how many there are; with `clues`
   (room for 22 each) all names found, and their clues. */
int64_t geo_mentions(const geo_tables *tables, const geo_language *language, const geo_text *text, geo_word *words,
                     int64_t word_count, geo_mention *mentions, uint64_t *clues, int64_t capacity);

/* Choose a place for each mention; fill `candidates` (room for `capacity`, or NULL) and return their number. */
int64_t geo_settle(const geo_tables *tables, const geo_text *text, int32_t english, int32_t home,
                   geo_mention *mentions, int64_t mention_count, geo_candidate *candidates, int64_t capacity);

/* Replace every code point by that of the table (the last stands for those beyond it), drop it where that is 0. Fill
   `folded` and `offsets` (room for `size`), the positions of what is left; return how many these are. */
int64_t text_fold(const uint32_t *points, int64_t size, const uint32_t *table, int64_t table_size, uint32_t *folded,
                  int32_t *offsets);

/* The text a fingerprint is made of: `size` code points of its folded form, and of its body (NULL: names cannot be
   told). `characters` are those of a shingle, 0: it has three words. `upper` says which code points are capitals. */
typedef struct {
    const uint32_t *folded, *body;
    int64_t size, characters;
    const uint8_t *upper;
    int64_t upper_size;
} text_source;

typedef struct {
    int64_t words, shingles;
    int32_t sketch_size, number_count, name_count;
    uint32_t sketch[64], keys[32];
    uint16_t numbers[16], names[16];
} text_print;

/* Fill `print`, and `words` (room for size / 2 + 1) with the hash of every word; return their number. */
int64_t text_fingerprint(const text_source *text, text_print *print, uint64_t *words);

/* A multimap from hashes to slots: `rows` rows of 16 cells. `counts` has for each row how many of its cells are in use,
   the first ones, and 32 times how many entries found it full. Those are in the table `more`, whose rows are by the
   hashes times an odd `factor`, or, without one, kept elsewhere. Hash 0 is none: it is in no cell and passed over. */
typedef struct dedup_table {
    uint32_t *hashes, *slots, *counts;
    int64_t rows;
    uint32_t factor;
    struct dedup_table *more;
} dedup_table;

/* Fill `found` (room for 66 each of `hashes`) with pairs of a position in `hashes` and a slot, 0xFFFFFFFF for what may
   be kept elsewhere; return how many numbers these are. */
int64_t dedup_find(const dedup_table *table, const uint32_t *hashes, int64_t count, uint32_t *found);

/* Add or remove the entries of a slot, or add entries each with its slot; fill `left` (room for `count`) with the
   positions of those that are kept elsewhere, since their rows are full; return their number. */
int64_t dedup_add(dedup_table *table, const uint32_t *hashes, int64_t count, uint32_t slot, uint32_t *left);
int64_t dedup_add_all(dedup_table *table, const uint32_t *hashes, const uint32_t *slots, int64_t count, uint32_t *left);
int64_t dedup_remove(dedup_table *table, const uint32_t *hashes, int64_t count, uint32_t slot, uint32_t *left);
