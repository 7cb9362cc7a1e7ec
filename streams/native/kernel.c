/* Which declarations the library was made with. */
#include <stdint.h>

#include "kernel.h"

uint32_t kernel_made_with(void) { return KERNEL_MADE_WITH; }
