/* What the written rules are made of: numbers, and as many of them side by side as there are lanes.

   LANES is how many replicates are computed at once, one in each lane of a vector. A condition
   on lanes is a mask: all bits of a lane are set where it holds. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef double f64;
#if __SIZEOF_LONG__ == 8 /* the type that comparing vectors gives */
typedef long i64;
typedef unsigned long u64;
#else
typedef long long i64;
typedef unsigned long long u64;
#endif

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

/* Python's: the first of two that are equal; quotients are rounded down. */
static inline f64 lower_f64(f64 a, f64 b) { return b < a ? b : a; }
static inline f64 higher_f64(f64 a, f64 b) { return b > a ? b : a; }
static inline i64 lower_i64(i64 a, i64 b) { return b < a ? b : a; }
static inline i64 higher_i64(i64 a, i64 b) { return b > a ? b : a; }
static inline i64 modulo_i64(i64 a, i64 b) { return b ? ((a % b) + b) % b : 0; }
static inline i64 quotient_i64(i64 a, i64 b) { return b ? (a - modulo_i64(a, b)) / b : 0; }
static inline i64 bits_f64(f64 a) { return __builtin_bit_cast(i64, a); }
static inline f64 number_i64(i64 a) { return __builtin_bit_cast(f64, a); }

/* An array of Python's with three axes, and how far apart in it the lanes begin. */
typedef struct { f64 *at; i64 shape[3]; i64 lane; } Table;
typedef struct { f64 *at; i64 lane; } Row;

static inline Row row_of(Table table, i64 i, i64 j) {
    return (Row){table.at + (i * table.shape[1] + j) * table.shape[2], table.lane};
}

#ifdef LANES

#define SIDE_BY_SIDE __attribute__((ext_vector_type(LANES), aligned(8)))
typedef f64 vf64 SIDE_BY_SIDE;
typedef i64 vi64 SIDE_BY_SIDE;
typedef u64 vu64 SIDE_BY_SIDE;
typedef i64 vbool SIDE_BY_SIDE;

#if LANES == 8
static const vi64 LANE = {0, 1, 2, 3, 4, 5, 6, 7};
#else
static const vi64 LANE = {0, 1, 2, 3};
#endif
#define ALL ((vbool)(-1))
#define NONE ((vbool)(0))

static inline bool any(vbool mask) { return __builtin_reduce_or(mask) != 0; }

static inline vf64 lower_vf64(vf64 a, vf64 b) { return b < a ? b : a; }
static inline vf64 higher_vf64(vf64 a, vf64 b) { return b > a ? b : a; }
static inline vi64 lower_vi64(vi64 a, vi64 b) { return b < a ? b : a; }
static inline vi64 higher_vi64(vi64 a, vi64 b) { return b > a ? b : a; }
static inline vi64 bits_vf64(vf64 a) { return __builtin_bit_cast(vi64, a); }
static inline vf64 number_vi64(vi64 a) { return __builtin_bit_cast(vf64, a); }

static inline vi64 modulo_vi64(vi64 a, vi64 b) {
    for (int lane = 0; lane < LANES; lane++) a[lane] = modulo_i64(a[lane], b[lane]);
    return a;
}

static inline vi64 quotient_vi64(vi64 a, vi64 b) {
    for (int lane = 0; lane < LANES; lane++) a[lane] = quotient_i64(a[lane], b[lane]);
    return a;
}

/* Where lanes read and write at places of their own; nothing is touched where the mask is off. */
#define AT_PLACES(base, lanes)                                                                   \
    static inline lanes gather_##base(const base *at, vi64 place, vbool mask) {                  \
        lanes read = 0;                                                                          \
        for (int lane = 0; lane < LANES; lane++)                                                 \
            if (mask[lane]) read[lane] = at[place[lane]];                                        \
        return read;                                                                             \
    }                                                                                            \
    static inline void scatter_##base(base *at, vi64 place, vbool mask, lanes written) {         \
        for (int lane = 0; lane < LANES; lane++)                                                 \
            if (mask[lane]) at[place[lane]] = written[lane];                                     \
    }
AT_PLACES(f64, vf64)
AT_PLACES(i64, vi64)
AT_PLACES(u64, vu64)

#endif
