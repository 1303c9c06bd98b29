/* The hot loops of this room, compiled: the numpy code beside this file is the reference and explains them.
 *
 * A state is n words of a Mersenne twister, not yet tempered, and behind them how many of these are used up: what
 * numpy calls key and pos, in one array. Every function that draws moves it to just after the last word that it took,
 * and works on one such block of words at a time, which stays in the first-level cache. The loops are plain C for the
 * compiler to vectorize, once for each kind of processor (CLONES); -ffp-contract=off keeps every rounding.
 *
 * The file includes itself four times: the distributions are written once for words of 32 and 64 bits (BITS) and for
 * float and double (REAL), as `name_BITS_REAL`.
 */
#ifndef REAL

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "float arithmetic here is done in a wider type, which rounds otherwise than Caffe does"
#endif

#ifndef CLONES
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif
#endif

#define JOINED(name, bits, real) name##_##bits##_##real
#define EXPANDED(name, bits, real) JOINED(name, bits, real)
#define T(name) EXPANDED(name, BITS, REAL)
#define WITH(name, real) name##_##real
#define EXPANDED_WITH(name, real) WITH(name, real)
#define R(name) EXPANDED_WITH(name, REAL)

enum { STEP = 16 };
enum { BOX_MULLER, ZIGGURAT_1_56, ZIGGURAT_1_64 };

/* What a call drew: values, of how many words. */
typedef struct {
    Py_ssize_t values, words;
} Drawn;

/* The constants of libm's float functions, in the order in which Python hands them over. */
typedef struct {
    double inverse[16], logarithm[16], log_polynomial[3], log_2;
    double powers[32], exp_polynomial[3], inverse_log_2;
    double sine[3], cosine[4], half_pi, quadrants;
} Libm;

static inline float log_float(const Libm *libm, float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t shifted = bits - 0x3F330000, interval = shifted >> 19 & 15, exponent = shifted >> 23;
    bits -= (int32_t)((uint32_t)exponent << 23);
    memcpy(&x, &bits, sizeof x);
    const double r = (double)x * libm->inverse[interval] - 1, square = r * r;
    const double tail = libm->log_polynomial[0] * square + (libm->log_polynomial[1] * r + libm->log_polynomial[2]);
    return (float)(tail * square + (libm->logarithm[interval] + exponent * libm->log_2 + r));
}

static inline float exp_float(const Libm *libm, float x) {
    const double exponent = (double)x * libm->inverse_log_2, whole = rint(exponent), r = exponent - whole;
    const int number = (int)whole;
    const double scale = ldexp(libm->powers[number & 31], number >> 5);
    const double high = libm->exp_polynomial[0] * r + libm->exp_polynomial[1];
    return (float)((high * (r * r) + (libm->exp_polynomial[2] * r + 1)) * scale);
}

/* The sine, or with a turn of 1 the cosine, of 0 to 120. */
static inline float circular_float(const Libm *libm, float x, int turn) {
    const int32_t quadrant = ((int32_t)((double)x * libm->quadrants) + 0x800000) >> 24;
    const double angle = (double)x - quadrant * libm->half_pi, square = angle * angle;
    const double cube = angle * square, fourth = square * square;
    const double sine = (angle + cube * libm->sine[0]) + cube * square * (libm->sine[1] + square * libm->sine[2]);
    const double low = (1.0 + square * libm->cosine[0]) + fourth * libm->cosine[1];
    const double cosine = low + fourth * square * (libm->cosine[2] + square * libm->cosine[3]);
    const double value = (quadrant + turn) & 1 ? cosine : sine;
    return (float)((quadrant + turn) & 2 ? -value : value);
}

static inline double exp_double(const Libm *libm, double x) { return (void)libm, exp(x); }

#define BITS 32
#define WORD uint32_t
#define N 624
#define M 397
#define A 0x9908B0DFu
#define REAL float
#define DIGITS 24
#include "_kernel.c"
#define REAL double
#define DIGITS 53
#include "_kernel.c"
#undef BITS
#undef WORD
#undef N
#undef M
#undef A

#define BITS 64
#define WORD uint64_t
#define N 312
#define M 156
#define A 0xB5026F5AA96619E9u
#define REAL float
#define DIGITS 24
#include "_kernel.c"
#define REAL double
#define DIGITS 53
#include "_kernel.c"

/* A call of a function below: its arrays, and which of the four copies it means. */
typedef struct {
    Py_buffer state, out, tables, libm;
    int is_double;
} Call;

enum { STATE_32 = (624 + 1) * 4, STATE_64 = (312 + 1) * 8 };

static int is_valid(const Call *call, Py_ssize_t table_size) {
    if (call->state.len != STATE_32 && call->state.len != STATE_64) {
        PyErr_SetString(PyExc_ValueError, "a state is 624 words of 32 bits or 312 of 64, and their index");
        return 0;
    }
    const int64_t index = call->state.len == STATE_32 ? (int64_t)((uint32_t *)call->state.buf)[624]
                                                      : (int64_t)((uint64_t *)call->state.buf)[312];
    if (index < 0 || index > (call->state.len == STATE_32 ? 624 : 312)) {
        PyErr_SetString(PyExc_ValueError, "the index lies outside of the state");
        return 0;
    }
    if (table_size >= 0 && (call->tables.len != table_size || call->libm.len != (Py_ssize_t)sizeof(Libm))) {
        PyErr_SetString(PyExc_ValueError, "tables of another size");
        return 0;
    }
    return 1;
}

static void release(Call *call) {
    Py_buffer *const all[] = {&call->state, &call->out, &call->tables, &call->libm};
    for (int each = 0; each < 4; ++each)
        if (all[each]->obj != NULL) PyBuffer_Release(all[each]);
}

/* Run `name` in the copy that a call means, without the interpreter's lock, and return the pair (values, words).
 *
 * `state` among its arguments is a copy of the call's, which shares no line of the cache with anything: the states of
 * two threads may lie side by side, and at every twist one would take the line between them from the other.
 */
#define RUN(call, name, ...)                                                                       \
    do {                                                                                           \
        Drawn drawn;                                                                               \
        _Alignas(64) char copy[STATE_64];                                                          \
        void *const state = copy;                                                                  \
        const int is_64 = (call).state.len == STATE_64;                                            \
        memcpy(state, (call).state.buf, (call).state.len);                                         \
        Py_BEGIN_ALLOW_THREADS if (is_64) drawn =                                                  \
            (call).is_double ? name##_64_double(__VA_ARGS__) : name##_64_float(__VA_ARGS__);       \
        else drawn = (call).is_double ? name##_32_double(__VA_ARGS__) : name##_32_float(__VA_ARGS__); \
        Py_END_ALLOW_THREADS memcpy((call).state.buf, state, (call).state.len);                    \
        result = Py_BuildValue("nn", drawn.values, drawn.words);                                   \
    } while (0)

static Py_ssize_t size_of(const Call *call) { return call->out.len / (call->is_double ? 8 : 4); }

static PyObject *words(PyObject *module, PyObject *args) {
    Call call = {.is_double = 0};
    PyObject *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "w*w*", &call.state, &call.out) && is_valid(&call, -1))
        RUN(call, words, state, call.out.buf, call.out.len);
    release(&call);
    return result;
}

static PyObject *uniform(PyObject *module, PyObject *args) {
    Call call = {.is_double = 0};
    double low, upper;
    PyObject *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "w*w*pdd", &call.state, &call.out, &call.is_double, &low, &upper) &&
        is_valid(&call, -1))
        RUN(call, uniform, state, call.out.buf, size_of(&call), low, upper);
    release(&call);
    return result;
}

static int has_loop(int is_double, int family) {
    if (is_double ? family == ZIGGURAT_1_64 : family >= BOX_MULLER && family <= ZIGGURAT_1_64) return 1;
    PyErr_SetString(PyExc_ValueError, "no compiled loop draws these normals");
    return 0;
}

static PyObject *normal(PyObject *module, PyObject *args) {
    Call call = {.is_double = 0};
    double mean, std;
    Py_ssize_t most;
    int family;
    PyObject *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "w*w*pddniy*y*", &call.state, &call.out, &call.is_double, &mean, &std, &most, &family,
                         &call.tables, &call.libm) &&
        is_valid(&call, call.is_double ? sizeof(Tables_32_double) : sizeof(Tables_32_float)) &&
        has_loop(call.is_double, family))
        RUN(call, normal, state, call.out.buf, size_of(&call), mean, std, most, family, call.tables.buf,
            call.libm.buf);
    release(&call);
    return result;
}

static PyObject *bernoulli(PyObject *module, PyObject *args) {
    Call call = {.is_double = 0};
    double limit;
    PyObject *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "w*w*pd", &call.state, &call.out, &call.is_double, &limit) && is_valid(&call, -1))
        RUN(call, bernoulli, state, call.out.buf, call.out.len, limit);
    release(&call);
    return result;
}

static PyObject *skip(PyObject *module, PyObject *args) {
    Call call = {.is_double = 0};
    Py_ssize_t size;
    PyObject *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "w*n", &call.state, &size) && is_valid(&call, -1)) RUN(call, skip, state, size);
    release(&call);
    return result;
}

static PyObject *untwist(PyObject *module, PyObject *args) {
    Call call = {.is_double = 0};
    PyObject *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "w*", &call.state) && is_valid(&call, -1)) RUN(call, untwist, state);
    release(&call);
    return result;
}

enum { ROW = 624 };

CLONES static void add_four(const uint32_t *one, const uint32_t *two, const uint32_t *three, const uint32_t *four,
                            uint32_t *restrict sum) {
    for (int i = 0; i < ROW; ++i) sum[i] ^= one[i] ^ two[i] ^ three[i] ^ four[i];
}

/* Add rows of 2496 bytes to `sum` by exclusive or, four at a time; zeros stand for the rows that the last four lack. */
static void add_rows(const uint32_t *words, const int32_t *begins, Py_ssize_t count, uint32_t *sum) {
    static const uint32_t zeros[ROW] = {0};
    for (Py_ssize_t row = 0; row < count; row += 4) {
        const uint32_t *rows[4] = {zeros, zeros, zeros, zeros};
        for (int each = 0; each < 4 && row + each < count; ++each) rows[each] = words + begins[row + each];
        add_four(rows[0], rows[1], rows[2], rows[3], sum);
    }
}

static void release_all(Py_buffer *const buffers[3]) {
    for (int each = 0; each < 3; ++each)
        if (buffers[each]->obj != NULL) PyBuffer_Release(buffers[each]);
}

static PyObject *add(PyObject *module, PyObject *args) {
    Py_buffer words = {0}, begins = {0}, sum = {0};
    PyObject *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "y*y*w*", &words, &begins, &sum)) {
        const int32_t *const begin = begins.buf;
        const Py_ssize_t count = begins.len / (Py_ssize_t)sizeof *begin;
        int is_valid = sum.len == ROW * 4;
        for (Py_ssize_t row = 0; row < count; ++row)
            is_valid &= begin[row] >= 0 && ((Py_ssize_t)begin[row] + ROW) * 4 <= words.len;
        if (is_valid) {
            Py_BEGIN_ALLOW_THREADS add_rows(words.buf, begin, count, sum.buf);
            Py_END_ALLOW_THREADS result = Py_NewRef(Py_None);
        } else
            PyErr_SetString(PyExc_ValueError, "rows begin outside of the words");
    }
    release_all((Py_buffer *[]){&words, &begins, &sum});
    return result;
}

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address, 1)
#else
#define PREFETCH(address) (void)(address)
#endif

enum { PARTS = 8, SUMS = 256, AHEAD = 4 };

/* Take a sum of each table, which the bytes of `chosen` name, from a strip of each row; all in words of 64 bits. */
CLONES static void subtract_sums(uint64_t *rows, Py_ssize_t width, const uint64_t *chosen, Py_ssize_t count,
                                 const uint64_t *tables, Py_ssize_t strip) {
#define TABLE(part) (tables + (part * SUMS + (chosen[row] >> 8 * part & 255)) * strip)
    for (Py_ssize_t row = 0; row < count; ++row) {
        if (chosen[row] == 0) continue;
        const uint64_t *const a = TABLE(0), *const b = TABLE(1), *const c = TABLE(2), *const d = TABLE(3);
        const uint64_t *const e = TABLE(4), *const f = TABLE(5), *const g = TABLE(6), *const h = TABLE(7);
        uint64_t *restrict const target = rows + row * width;
        if (count - row > AHEAD)
            for (Py_ssize_t i = 0; i < strip; i += 8) PREFETCH(target + AHEAD * width + i);
        for (Py_ssize_t i = 0; i < strip; ++i)
            target[i] ^= a[i] ^ b[i] ^ c[i] ^ d[i] ^ e[i] ^ f[i] ^ g[i] ^ h[i];
    }
#undef TABLE
}

static PyObject *subtract(PyObject *module, PyObject *args) {
    Py_buffer rows = {0}, chosen = {0}, tables = {0};
    Py_ssize_t width, begin, left;
    PyObject *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "w*nnny*y*", &rows, &width, &begin, &left, &chosen, &tables)) {
        const Py_ssize_t count = chosen.len / 8, strip = tables.len / (PARTS * SUMS * 8);
        const Py_ssize_t size = rows.len / 8;
        if (width > 0 && begin >= 0 && left >= 0 && strip <= width - left && begin <= size / width - count) {
            Py_BEGIN_ALLOW_THREADS subtract_sums((uint64_t *)rows.buf + begin * width + left, width, chosen.buf, count,
                                                 tables.buf, strip);
            Py_END_ALLOW_THREADS result = Py_NewRef(Py_None);
        } else
            PyErr_SetString(PyExc_ValueError, "rows or strip lie outside of the matrix");
    }
    release_all((Py_buffer *[]){&rows, &chosen, &tables});
    return result;
}

#define METHOD(name, text) {#name, name, METH_VARARGS, text}

static PyMethodDef methods[] = {
    METHOD(words, "words(state, out): raw outputs."),
    METHOD(uniform, "uniform(state, out, is_double, low, upper): from low up to but without upper."),
    METHOD(normal, "normal(state, out, is_double, mean, std, most, family, tables, libm)."),
    METHOD(bernoulli, "bernoulli(state, out, is_double, limit): whether a rounded word is at most the limit."),
    METHOD(add, "add(words, begins, sum): add by exclusive or rows of 2496 bytes that begin at multiples of 4 bytes."),
    METHOD(skip, "skip(state, size): pass over raw outputs, without tempering them."),
    METHOD(subtract, "subtract(rows, width, begin, left, chosen, tables): take off sums by exclusive or."),
    METHOD(untwist, "untwist(state): the n words of state before these n, the index unchanged."),
    {NULL, NULL, 0, NULL},
};

static int set_interface(PyObject *module) { return PyModule_AddIntConstant(module, "INTERFACE", 3); }

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, set_interface},
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_kernel",
    .m_doc = "The hot loops of caffe_fillers.rng, compiled; caffe_fillers.rng.kernel calls them.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }

#else /* one copy of all that depends on BITS and REAL */

#define WORDS_OF_PAIR (DIGITS == 53 && BITS == 32 ? 2 : 1)

/* Corners of the ziggurats' layers, in the order in which Python hands them over. */
typedef struct {
    REAL scale[256], limit[256], x[128], width[128], y[128], rise[128];
    REAL exp_x[257], exp_width[256], exp_y[257], exp_rise[256];
} T(Tables);

CLONES static void T(twist)(WORD *key) {
    const WORD lower = ((WORD)1 << 31) - 1, a = A;
#define NEXT(k, next, middle)                                         \
    do {                                                              \
        const WORD mixed = (key[k] & ~lower) | (key[next] & lower);   \
        key[k] = key[middle] ^ mixed >> 1 ^ (((WORD)0 - (mixed & 1)) & a); \
    } while (0)
    for (int k = 0; k < N - M; ++k) NEXT(k, k + 1, k + M);
    for (int k = N - M; k < N - 1; ++k) NEXT(k, k + 1, k + M - N);
    NEXT(N - 1, 0, M - 1);
#undef NEXT
}

/* What the twist mixed, from the word that it made and the middle word that it joined. */
static inline WORD T(mixed)(WORD made, WORD middle) {
    const WORD joined = made ^ middle, odd = joined >> (BITS - 1);
    return (joined ^ (((WORD)0 - odd) & A)) << 1 | odd;
}

/* Each word before a block from the two mixtures in which it took part: the words behind it are there already. */
static Drawn T(untwist)(WORD *key) {
    const WORD lower = ((WORD)1 << 31) - 1;
    WORD mixed = T(mixed)(key[N - 1], key[M - 1]);
    for (int k = N - 1; k >= 0; --k) {
        const WORD before = T(mixed)(key[(k + N - 1) % N], key[(k + N - 1 + M) % N]);
        key[k] = (mixed & ~lower) | (before & lower);
        mixed = before;
    }
    return (Drawn){0, -N};
}

static inline WORD T(temper)(WORD word) {
#if BITS == 32
    word ^= word >> 11;
    word ^= word << 7 & 0x9D2C5680u;
    word ^= word << 15 & 0xEFC60000u;
    return word ^ word >> 18;
#else
    word ^= word >> 29 & 0x5555555555555555u;
    word ^= word << 17 & 0x71D67FFFEDA60000u;
    word ^= word << 37 & 0xFFF7EEE000000000u;
    return word ^ word >> 43;
#endif
}

CLONES static void T(temper_all)(const WORD *restrict key, WORD *restrict out, int count) {
    for (int i = 0; i < count; ++i) out[i] = T(temper)(key[i]);
}

static inline Py_ssize_t T(least)(Py_ssize_t one, Py_ssize_t other) { return one < other ? one : other; }

/* How many words of the state may be used now, twisted where none is left, up to `most`. */
static inline int T(ready)(WORD *state, Py_ssize_t most) {
    if (state[N] == N) {
        T(twist)(state);
        state[N] = 0;
    }
    return (int)T(least)(N - (int)state[N], most);
}

static Drawn T(words)(WORD *state, WORD *out, Py_ssize_t bytes) {
    const Py_ssize_t size = bytes / (Py_ssize_t)sizeof(WORD);
    for (Py_ssize_t filled = 0; filled < size;) {
        const int count = T(ready)(state, size - filled);
        T(temper_all)(state + state[N], out + filled, count);
        state[N] += count;
        filled += count;
    }
    return (Drawn){size, size};
}

static Drawn T(skip)(WORD *state, Py_ssize_t size) {
    for (Py_ssize_t left = size; left > 0;) {
        const int count = T(ready)(state, left);
        state[N] += count;
        left -= count;
    }
    return (Drawn){0, size};
}

CLONES static void T(compare)(const WORD *restrict key, char *restrict out, int count, REAL limit) {
    for (int i = 0; i < count; ++i) out[i] = (REAL)T(temper)(key[i]) <= limit;
}

static Drawn T(bernoulli)(WORD *state, char *out, Py_ssize_t size, double limit) {
    for (Py_ssize_t filled = 0; filled < size;) {
        const int count = T(ready)(state, size - filled);
        T(compare)(state + state[N], out + filled, count, (REAL)limit);
        state[N] += count;
        filled += count;
    }
    return (Drawn){size, size};
}

/* Whether any value is to be drawn again. */
CLONES static int T(scale)(const WORD *restrict key, REAL *restrict out, int count, REAL low, REAL upper) {
    const REAL fraction = BITS == 32 ? (REAL)0x1p-32 : (REAL)0x1p-64, width = upper - low;
    int raised = 0;
    for (int i = 0; i < count; ++i) {
        out[i] = (REAL)T(temper)(key[i]) * fraction * width + low;
        raised |= out[i] >= upper;
    }
    return raised;
}

static Drawn T(uniform)(WORD *state, REAL *out, Py_ssize_t size, double low, double upper) {
    Drawn drawn = {0, 0};
    while (drawn.values < size) {
        const int count = T(ready)(state, size - drawn.values);
        REAL *const block = out + drawn.values;
        const int raised = T(scale)(state + state[N], block, count, (REAL)low, (REAL)upper);
        state[N] += count;
        drawn.words += count;
        if (raised)
            for (int i = 0; i < count; ++i) {
                out[drawn.values] = block[i];
                drawn.values += block[i] < (REAL)upper;
            }
        else
            drawn.values += count;
    }
    return drawn;
}

/* A state whose present block is worked out: its words, and for one-word attempts at normals what each would give. */
typedef struct {
    WORD *state, words[N];
    REAL values[N + STEP];
    char slow[N];
    Py_ssize_t taken;
    REAL mean, std;
    int family;
    const T(Tables) *tables;
    const Libm *libm;
} T(Block);

static inline REAL T(mantissa)(WORD first, WORD second) {
#if BITS == 64
    (void)second;
    return (REAL)((first & ~((WORD)1 << (DIGITS == 24 ? 40 : 11))) >> 8) * (REAL)0x1p-32;
#else
    const REAL high = (REAL)(first >> 8);
    return DIGITS == 24 ? high : (high * (REAL)0x1p-24 + (REAL)(second & 0x1FFFFFFF)) * (REAL)0x1p-5;
#endif
}

CLONES static void T(attempts)(const WORD *restrict words, REAL *restrict values, char *restrict slow,
                               const T(Tables) *restrict tables, REAL mean, REAL std) {
    for (int i = 0; i < N; ++i) {
        const int bucket = (int)(words[i] & 0xFF);
        const REAL x = T(mantissa)(words[i], 0) * tables->scale[bucket];
        slow[i] = !((x < 0 ? -x : x) < tables->limit[bucket]);
        values[i] = x * std + mean;
    }
}

static void T(work_out)(T(Block) *block) {
    T(temper_all)(block->state, block->words, N);
    if (WORDS_OF_PAIR == 2)
        memset(block->slow, 1, N);
    else
        T(attempts)(block->words, block->values, block->slow, block->tables, block->mean, block->std);
}

static inline WORD T(next)(T(Block) *block) {
    if (block->state[N] == N) {
        T(ready)(block->state, 1);
        T(work_out)(block);
    }
    ++block->taken;
    return block->words[block->state[N]++];
}

static REAL T(unit)(T(Block) *block) {
    REAL value;
    do value = (REAL)T(next)(block) * (BITS == 32 ? (REAL)0x1p-32 : (REAL)0x1p-64);
    while (value >= 1);
    return value;
}

static REAL T(exponential)(T(Block) *block) {
    const T(Tables) *const tables = block->tables;
#if DIGITS == 24
    if (block->family == ZIGGURAT_1_56) return -log_float(block->libm, 1 - T(unit)(block));
#endif
    for (REAL shift = 0;;) {
        const WORD first = T(next)(block), second = WORDS_OF_PAIR == 2 ? T(next)(block) : 0;
        const int layer = (int)(first & 0xFF);
        const REAL x = T(mantissa)(first, second) * (REAL)0x1p-24 * tables->exp_x[layer];
        if (x < tables->exp_x[layer + 1]) return shift + x;
        if (layer == 0) {
            shift += tables->exp_x[1];
            continue;
        }
        const REAL uniform = T(unit)(block), left = tables->exp_x[layer + 1], top = tables->exp_y[layer + 1];
        const REAL height = tables->exp_y[layer] + uniform * tables->exp_rise[layer];
        if (tables->exp_width[layer] * uniform - (tables->exp_x[layer] - x) < 0 &&
            (height - (top + (left - x) * top) < 0 || height < R(exp)(block->libm, -x)))
            return shift + x;
    }
}

static REAL T(tail)(T(Block) *block) {
    const REAL start = block->tables->x[1];
    for (;;) {
        const REAL first = T(exponential)(block) / start, second = T(exponential)(block);
        if (2 * second > first * first) return first + start;
    }
}

static int T(wedge)(const T(Block) *block, REAL x, REAL uniform, int layer) {
    const T(Tables) *const tables = block->tables;
    const REAL corner_x = tables->x[layer], corner_y = tables->y[layer];
    const REAL height = corner_y + uniform * tables->rise[layer];
    if (block->family == ZIGGURAT_1_64) {
        const REAL left = corner_x - x, above_chord = tables->width[layer] * uniform - left;
        const REAL above_tangent = height - (corner_y + left * corner_y * corner_x);
        const int below_chord = above_chord < 0, below_tangent = above_tangent < 0, is_convex = corner_x >= 1;
        if ((below_chord == below_tangent) | (below_chord != is_convex)) return below_chord & below_tangent;
    }
    return height < R(exp)(block->libm, -(x * x / 2));
}

/* A whole attempt, word by word; whether it gives its value. */
static int T(attempt)(T(Block) *block, REAL *value) {
    const WORD first = T(next)(block), second = WORDS_OF_PAIR == 2 ? T(next)(block) : 0;
    const int bucket = (int)(first & 0xFF), layer = bucket >> 1;
    REAL x = T(mantissa)(first, second) * block->tables->scale[bucket];
    int accepted = 1;
    if (!((x < 0 ? -x : x) < block->tables->limit[bucket])) {
        if (layer == 0)
            x = bucket & 1 ? T(tail)(block) : -T(tail)(block);
        else
            accepted = T(wedge)(block, x < 0 ? -x : x, T(unit)(block), layer);
    }
    *value = x * block->std + block->mean;
    return accepted;
}

/* Copy a few dozen values, in steps of sixteen where there is room for some too many: a call takes as long as that. */
static inline void T(copy)(REAL *out, const REAL *values, Py_ssize_t count, Py_ssize_t room) {
    if (room < count + STEP)
        memcpy(out, values, count * sizeof(REAL));
    else
        for (Py_ssize_t i = 0; i < count; i += STEP) memcpy(out + i, values + i, STEP * sizeof(REAL));
}

static Drawn T(ziggurat)(T(Block) *block, REAL *out, Py_ssize_t size, Py_ssize_t most) {
    Py_ssize_t filled = 0;
    while (filled < size && block->taken < most) {
        const int index = (int)block->state[N];
        const Py_ssize_t limit = T(least)(T(least)(size - filled, most - block->taken), N - index);
        const char *const slow = memchr(block->slow + index, 1, limit);
        const Py_ssize_t quick = slow ? slow - (block->slow + index) : limit;
        T(copy)(out + filled, block->values + index, quick, size - filled);
        block->state[N] += quick;
        block->taken += quick;
        filled += quick;
        if (slow || limit == 0) filled += T(attempt)(block, out + filled);
    }
    return (Drawn){filled, block->taken};
}

#if DIGITS == 24
#define PAIRS 256

CLONES static void T(turn)(const REAL *restrict uniforms, REAL *restrict out, const Libm *libm, REAL mean, REAL std) {
    const REAL circle = 2 * (REAL)3.14159265358979323846;
    for (int i = 0; i < PAIRS; ++i) {
        const REAL angle = circle * uniforms[2 * i];
        const REAL x = -2 * log_float(libm, 1 - uniforms[2 * i + 1]), rho = sqrtf(x);
        out[2 * i] = rho * circular_float(libm, angle, 1) * std + mean;
        out[2 * i + 1] = rho * circular_float(libm, angle, 0) * std + mean;
    }
}

/* Pairs, of which the last is torn where the size is odd. */
static Drawn T(box_muller)(WORD *state, REAL *out, Py_ssize_t size, REAL mean, REAL std, Py_ssize_t most,
                           const Libm *libm) {
    Drawn drawn = {0, 0};
    REAL uniforms[2 * PAIRS] = {0}, values[2 * PAIRS];
    while (drawn.values < size && drawn.words < most) {
        const Py_ssize_t count = T(least)(T(least)(size - drawn.values, most - drawn.words), 2 * PAIRS);
        const Drawn taken = T(uniform)(state, uniforms, count + (count & 1), 0, 1);
        T(turn)(uniforms, values, libm, mean, std);
        memcpy(out + drawn.values, values, count * sizeof(REAL));
        drawn.values += count;
        drawn.words += taken.words;
    }
    return drawn;
}

#undef PAIRS
#endif

static Drawn T(normal)(WORD *state, REAL *out, Py_ssize_t size, double mean, double std, Py_ssize_t most, int family,
                       const T(Tables) *tables, const Libm *libm) {
#if DIGITS == 24
    if (family == BOX_MULLER) return T(box_muller)(state, out, size, (REAL)mean, (REAL)std, most, libm);
#endif
    T(Block) block;
    block.state = state;
    block.taken = 0;
    block.mean = (REAL)mean;
    block.std = (REAL)std;
    block.family = family;
    block.tables = tables;
    block.libm = libm;
    T(work_out)(&block);
    return T(ziggurat)(&block, out, size, most);
}

#undef WORDS_OF_PAIR
#undef REAL
#undef DIGITS
#endif
