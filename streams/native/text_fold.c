/* Folding by a table of code points: streams/text/fold.py makes it. */
#include <stdint.h>

#include "kernel.h"

int64_t text_fold(const uint32_t *points, int64_t size, const uint32_t *table, int64_t table_size, uint32_t *folded,
                  int32_t *offsets) {
    int64_t kept = 0;
    for (int64_t n = 0; n < size; n++) {
        uint32_t point = table[points[n] < table_size ? points[n] : table_size - 1];
        folded[kept] = point;
        offsets[kept] = (int32_t)n;
        kept += point != 0;
    }
    return kept;
}
