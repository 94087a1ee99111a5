/* How many lanes the processor, and the system that runs on it, have registers for. */
#include "machine.h"

#if defined(__x86_64__)
#include <cpuid.h>

EXPORTED i64 widest(void) {
    unsigned a, b, c, d, kept_low, kept_high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1)) return 1;
    __asm__("xgetbv" : "=a"(kept_low), "=d"(kept_high) : "c"(0)); /* registers that the system keeps */
    if ((kept_low & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 1;
    bool has_avx2 = b >> 5 & 1, has_avx512 = (b >> 16 & 1) && (b >> 17 & 1) && (b >> 30 & 1) && (b >> 31 & 1);
    if (has_avx512 && (kept_low & 0xe6) == 0xe6) return 8;
    return has_avx2 ? 4 : 1;
}

#else

EXPORTED i64 widest(void) { return 1; }

#endif
