// Random numbers, for one instruction set. Every path computes whole groups of 16 blocks (see philox.h), the last one too.
#include "playhead/tensor/dtype.h"
#include "playhead/tensor/math_core.h"
#include "playhead/tensor/philox.h"
#include "playhead/tensor/random.h"

namespace ph::cpu::PH_ISA {
namespace {

constexpr int lanes = philox::lanes, narrow = 4 * lanes, wide = 2 * lanes;

struct Group {
  alignas(64) std::uint32_t word[narrow];  // word k of lane l's block at k * lanes + l

  Group(const GeneratorState& place, std::int64_t group) {
    const std::uint64_t first = place.offset + static_cast<std::uint64_t>(group) * lanes;
    for (int l = 0; l < lanes; ++l) {
      const philox::Words w = philox::block(first + static_cast<std::uint64_t>(l), place.stream, place.seed);
      for (int k = 0; k < 4; ++k) word[k * lanes + l] = w.x[k];
    }
  }
  const std::uint32_t* row(int k) const { return word + k * lanes; }
};

// What a group's numbers are computed as, before they are converted to the dtype.
union Values {
  alignas(64) float f[narrow];
  double d[wide];
  std::int64_t i[narrow];
};

void uniform(const Group& g, const RandomCall& c, int bits, float* v) {
  const float low = static_cast<float>(c.a), high = static_cast<float>(c.b);
  for (int i = 0; i < narrow; ++i) v[i] = philox::affine(philox::unit(g.word[i], bits), low, high);
}
void uniform(const Group& g, const RandomCall& c, double* v) {
  const double low = c.a, high = c.b;
  for (int k = 0; k < 2; ++k)
    for (int l = 0; l < lanes; ++l)
      v[k * lanes + l] = philox::affine(philox::unit(g.row(2 * k)[l], g.row(2 * k + 1)[l]), low, high);
}

void normal(const Group& g, const RandomCall& c, float* v) {
  const float mean = static_cast<float>(c.a), deviation = static_cast<float>(c.b);
  for (int half = 0; half < 2; ++half) {
    const std::uint32_t *x = g.row(2 * half), *y = g.row(2 * half + 1);
    float *a = v + 2 * half * lanes, *b = a + lanes;
    for (int l = 0; l < lanes; ++l) {
      float p, q;
      philox::normal_pair(x[l], y[l], &p, &q);
      a[l] = mean + deviation * p;
      b[l] = mean + deviation * q;
    }
  }
}
void normal(const Group& g, const RandomCall& c, double* v) {
  const double mean = c.a, deviation = c.b;
  for (int l = 0; l < lanes; ++l) {
    double p, q;
    philox::normal_pair({{g.row(0)[l], g.row(1)[l], g.row(2)[l], g.row(3)[l]}}, &p, &q);
    v[l] = mean + deviation * p;
    v[lanes + l] = mean + deviation * q;
  }
}

void integers(const Group& g, const RandomCall& c, std::int64_t* v) {
  const auto low = static_cast<std::uint64_t>(c.low), range = c.range;
  for (int k = 0; k < 2; ++k) {
    const std::uint32_t *upper = g.row(2 * k), *lower = g.row(2 * k + 1);
    const auto word = [=](int l) { return static_cast<std::uint64_t>(upper[l]) << 32 | lower[l]; };
    if (range != 0 && range >> 32 == 0) {
      for (int l = 0; l < lanes; ++l) v[k * lanes + l] = static_cast<std::int64_t>(low + philox::below_narrow(word(l), range));
    } else {
      for (int l = 0; l < lanes; ++l) v[k * lanes + l] = static_cast<std::int64_t>(low + philox::below(word(l), range));
    }
  }
}

void bernoulli(const Group& g, const RandomCall& c, std::int64_t* v) {
  const auto threshold = static_cast<std::uint64_t>(c.a * 0x1p32 + 0.5);  // 2^32 for certainty
  for (int i = 0; i < narrow; ++i) v[i] = g.word[i] < threshold;
}

// What is made of 64 bits each, and computed in double whatever the dtype.
template <class F>
void each_wide(const Group& g, double* v, const F& f) {
  for (int k = 0; k < 2; ++k)
    for (int l = 0; l < lanes; ++l) v[k * lanes + l] = f(g.row(2 * k)[l], g.row(2 * k + 1)[l]);
}
void exponential(const Group& g, const RandomCall& c, double* v) {
  each_wide(g, v, [mean = c.a](std::uint32_t x, std::uint32_t y) { return mean * philox::exponential(x, y); });
}
void cauchy(const Group& g, const RandomCall& c, double* v) {
  each_wide(g, v, [median = c.a, sigma = c.b](std::uint32_t x, std::uint32_t y) { return median + sigma * philox::cauchy(x, y); });
}
void log_normal(const Group& g, const RandomCall& c, double* v) {
  normal(g, c, v);
  for (int i = 0; i < wide; ++i) v[i] = philox::exp(v[i]);
}
void geometric(const Group& g, const RandomCall& c, double* v) {
  exponential(g, c, v);
  for (int i = 0; i < wide; ++i) v[i] = v[i] <= 1 ? 1 : math::ceil(v[i]);
}

// Values at the start of out's group, as far as there is room.
template <class T> constexpr T most = static_cast<T>(T(-1) < T(0) ? ~(std::uint64_t{1} << (8 * sizeof(T) - 1)) : ~std::uint64_t{0});
template <class T, class V>
void store(const RandomCall& c, std::int64_t group, int per_group, const V* v) {
  T* to = c.out.as<T>() + group * per_group;
  const std::int64_t rest = c.out.numel - group * per_group, n = rest < per_group ? rest : per_group;
  for (std::int64_t i = 0; i < n; ++i) {
    if constexpr (sizeof(T) == 2 && __is_class(T)) to[i] = T(static_cast<float>(v[i]));
    else if constexpr (math::Integer<T> && math::Real<V>) to[i] = v[i] < static_cast<double>(most<T>) ? static_cast<T>(v[i]) : most<T>;
    else to[i] = static_cast<T>(v[i]);
  }
}
template <class V>
using Store = void (*)(const RandomCall&, std::int64_t, int, const V*);

Store<float> float_store(DType t) { return t == float32 ? store<float, float> : t == float16 ? store<Half, float> : store<BFloat16, float>; }
Store<double> double_store(DType t) {
  using D = double;
  switch (t) {
    case uint8: return store<std::uint8_t, D>;
    case uint16: return store<std::uint16_t, D>;
    case uint32: return store<std::uint32_t, D>;
    case uint64: return store<std::uint64_t, D>;
    case int8: return store<std::int8_t, D>;
    case int16: return store<std::int16_t, D>;
    case int32: return store<std::int32_t, D>;
    case int64: return store<std::int64_t, D>;
    case float16: return store<Half, D>;
    case bfloat16: return store<BFloat16, D>;
    case float32: return store<float, D>;
    default: return store<D, D>;
  }
}
Store<std::int64_t> integer_store(DType t) {
  using I = std::int64_t;
  switch (t) {
    case bool_: return store<bool, I>;
    case uint8: case int8: return store<std::uint8_t, I>;  // the low bits are the same
    case uint16: case int16: return store<std::uint16_t, I>;
    case uint32: case int32: return store<std::uint32_t, I>;
    case float16: return store<Half, I>;
    case bfloat16: return store<BFloat16, I>;
    case float32: return store<float, I>;
    case float64: return store<double, I>;
    default: return store<I, I>;
  }
}

}  // namespace

/// Groups [begin, end) of the call.
void random(const RandomCall& c, std::int64_t begin, std::int64_t end) {
  const DType t = c.out.dtype;
  const bool is_uniform = c.distribution == Distribution::uniform, is_integers = c.distribution == Distribution::integers;
  const bool is_float = is_uniform || c.distribution == Distribution::normal;
  // As many bits as the dtype can hold, so that rounding never reaches the upper bound of [0, 1).
  const int bits = t == float32 ? 24 : t == float16 ? 11 : 8;
  Values v;
  for (std::int64_t i = begin; i < end; ++i) {
    const Group g(c.place, i);
    if (c.distribution >= Distribution::exponential) {
      switch (c.distribution) {
        case Distribution::exponential: exponential(g, c, v.d); break;
        case Distribution::cauchy: cauchy(g, c, v.d); break;
        case Distribution::log_normal: log_normal(g, c, v.d); break;
        default: geometric(g, c, v.d);
      }
      double_store(t)(c, i, wide, v.d);
    } else if (is_float && t == float64) {
      is_uniform ? uniform(g, c, v.d) : normal(g, c, v.d);
      store<double>(c, i, wide, v.d);
    } else if (is_float) {
      is_uniform ? uniform(g, c, bits, v.f) : normal(g, c, v.f);
      float_store(t)(c, i, narrow, v.f);
    } else {
      is_integers ? integers(g, c, v.i) : bernoulli(g, c, v.i);
      integer_store(t)(c, i, is_integers ? wide : narrow, v.i);
    }
  }
}

}  // namespace ph::cpu::PH_ISA
