// Random numbers: the generator against published vectors, streams, bits that depend on the place alone, distributions.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <doctest/doctest.h>
#include <thread>
#include <utility>
#include <vector>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/philox.h"
#include "playhead/tensor/random.h"

using namespace ph;

namespace {

// Raw storage for n elements of any dtype and the View that a kernel sees.
struct Array {
  Array(std::int64_t n, DType t) : bytes(static_cast<std::size_t>(n) * itemsize(t) + 1, 0xee), shape(n) {
    view.data = bytes.data();
    view.shape = &shape;
    view.strides = &stride;
    view.numel = n;
    view.ndim = 1;
    view.dtype = t;
  }
  template <class T> const T& at(std::int64_t i) const { return view.as<T>()[i]; }
  std::vector<unsigned char> bytes;
  std::int64_t shape, stride = 1;
  View view;
};

Array filled(Distribution d, DType t, std::int64_t n, double a, double b, Generator& g, std::int64_t low = 0, std::uint64_t range = 0) {
  Array x(n, t);
  fill_random({.distribution = d, .out = x.view, .a = a, .b = b, .low = low, .range = range, .place = {}}, Device(), &g);
  CHECK(x.bytes.back() == 0xee);
  return x;
}

philox::Words block_of(const GeneratorState& s, std::int64_t i, std::int64_t per_block) {
  const std::int64_t group = i / (16 * per_block), lane = i % 16;
  return philox::block(s.offset + static_cast<std::uint64_t>(16 * group + lane), s.stream, s.seed);
}
std::uint32_t narrow_word(const GeneratorState& s, std::int64_t i) { return block_of(s, i, 4).x[i % 64 / 16]; }
std::uint64_t wide_word(const GeneratorState& s, std::int64_t i) {
  const philox::Words w = block_of(s, i, 2);
  const std::int64_t k = i % 32 / 16;
  return static_cast<std::uint64_t>(w.x[2 * k]) << 32 | w.x[2 * k + 1];
}

struct Moments {
  double mean = 0, var = 0, skew = 0, kurtosis = 0, low = 1e300, high = -1e300;
};
template <class T> Moments moments(const Array& x) {
  const auto n = static_cast<double>(x.view.numel);
  Moments m;
  for (std::int64_t i = 0; i < x.view.numel; ++i) {
    const auto v = static_cast<double>(x.at<T>(i));
    m.mean += v / n;
    m.low = std::min(m.low, v), m.high = std::max(m.high, v);
  }
  for (std::int64_t i = 0; i < x.view.numel; ++i) {
    const double d = static_cast<double>(x.at<T>(i)) - m.mean;
    m.var += d * d / n, m.skew += d * d * d / n, m.kurtosis += d * d * d * d / n;
  }
  m.skew /= std::pow(m.var, 1.5), m.kurtosis /= m.var * m.var;
  return m;
}

const DType floats[] = {float16, bfloat16, float32, float64};

}  // namespace

TEST_CASE("philox: Random123's known answers") {
  const auto check = [](std::uint64_t counter, std::uint64_t stream, std::uint64_t seed, std::vector<std::uint32_t> want) {
    const philox::Words w = philox::block(counter, stream, seed);
    for (std::size_t k = 0; k < 4; ++k) CHECK(w.x[k] == want[k]);
  };
  check(0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  check(~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  check(0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: each number comes from its own place in the stream") {
  // Whatever instruction set the kernel was chosen for, the scalar code here must give the same bits.
  for (std::int64_t n : {1, 15, 16, 63, 64, 65, 1000, 70000}) {
    Generator g(77, 5);
    g.set_state({77, 5, (std::uint64_t{1} << 32) - 3});  // the counter carries into its second word
    GeneratorState s = g.state();
    const Array u = filled(Distribution::uniform, float32, n, 0, 1, g);
    bool same = true;
    for (std::int64_t i = 0; i < n; ++i) same = same && u.at<float>(i) == static_cast<float>(narrow_word(s, i) >> 8) * 0x1p-24f;
    CHECK(same);

    s = g.state();
    const Array d = filled(Distribution::uniform, float64, n, 0, 1, g);
    for (std::int64_t i = 0; i < n; ++i) same = same && d.at<double>(i) == static_cast<double>(wide_word(s, i) >> 11) * 0x1p-53;
    CHECK(same);

    s = g.state();
    const Array z = filled(Distribution::normal, float32, n, 2, 3, g);
    for (std::int64_t i = 0; i < n; ++i) {
      float a, b;
      const philox::Words w = block_of(s, i, 4);
      const int half = static_cast<int>(i % 64 / 32);
      philox::normal_pair(w.x[2 * half], w.x[2 * half + 1], &a, &b);
      const float want = 2 + 3 * (i % 32 / 16 ? b : a);
      same = same && std::memcmp(&want, &z.at<float>(i), 4) == 0;
    }
    CHECK(same);

    s = g.state();
    const Array y = filled(Distribution::normal, float64, n, 2, 3, g);
    for (std::int64_t i = 0; i < n; ++i) {
      double a, b;
      philox::normal_pair(block_of(s, i, 2), &a, &b);
      const double want = 2 + 3 * (i % 32 / 16 ? b : a);
      same = same && std::memcmp(&want, &y.at<double>(i), 8) == 0;
    }
    CHECK(same);

    for (std::uint64_t range : {std::uint64_t{1}, std::uint64_t{10}, std::uint64_t{0xffffffff}, std::uint64_t{1} << 32, std::uint64_t{3} << 61, std::uint64_t{0}}) {
      s = g.state();
      const Array k = filled(Distribution::integers, int64, n, 0, 1, g, -5, range);
      for (std::int64_t i = 0; i < n; ++i) {
        __extension__ using wide = unsigned __int128;
        const std::uint64_t x = wide_word(s, i), want = range ? static_cast<std::uint64_t>(static_cast<wide>(x) * range >> 64) : x;
        same = same && static_cast<std::uint64_t>(k.at<std::int64_t>(i)) == want - 5;
      }
      CHECK(same);
    }

    s = g.state();
    const Array t = filled(Distribution::bernoulli, bool_, n, 0.3, 0, g);
    for (std::int64_t i = 0; i < n; ++i) same = same && t.at<bool>(i) == (narrow_word(s, i) < std::uint64_t{1288490189});
    CHECK(same);
  }
}

TEST_CASE("random: state, streams, and what a call uses up") {
  Generator g(1);
  CHECK(g.state() == GeneratorState{1, 0, 0});
  filled(Distribution::uniform, float32, 65, 0, 1, g);
  CHECK(g.state().offset == 32);  // two groups of 16 blocks
  filled(Distribution::uniform, float64, 65, 0, 1, g);
  CHECK(g.state().offset == 80);
  filled(Distribution::uniform, float64, 0, 0, 1, g);
  CHECK(g.state().offset == 80);
  const GeneratorState middle = g.state();
  const Array a = filled(Distribution::normal, float32, 100, 0, 1, g);
  const Array other = filled(Distribution::normal, float32, 100, 0, 1, g);
  g.set_state(middle);
  const Array again = filled(Distribution::normal, float32, 100, 0, 1, g);
  CHECK(a.bytes == again.bytes);
  CHECK(a.bytes != other.bytes);
  Generator stream(1, 1);
  stream.set_state({1, 1, middle.offset});
  CHECK(filled(Distribution::normal, float32, 100, 0, 1, stream).bytes != a.bytes);
  g.manual_seed(9);
  CHECK(g.state() == GeneratorState{9, 0, 0});
}

TEST_CASE("random: the default generator is the thread's own") {
  const GeneratorState before = default_generator().state();
  GeneratorState one, two;
  std::thread([&] { one = default_generator().state(); }).join();
  std::thread([&] { two = default_generator().state(); }).join();
  CHECK(one.seed == 0);
  CHECK(one.stream != two.stream);
  CHECK(one.stream != before.stream);
  manual_seed(42);
  CHECK(default_generator().state() == GeneratorState{42, 0, 0});
  const std::uint64_t a = seed(), b = seed();
  CHECK(a != b);
  CHECK(default_generator().state() == GeneratorState{b, 0, 0});
  default_generator().set_state(before);
}

TEST_CASE("hard case 13: random bits do not depend on the number of threads") {
  for (DType t : floats)
    for (Distribution d : {Distribution::uniform, Distribution::normal}) {
      std::vector<std::vector<unsigned char>> results;
      for (int threads : {1, 2, 7, 16}) {
        const int before = num_threads();
        set_num_threads(threads);
        Generator g(3);
        results.push_back(filled(d, t, 100003, 0, 1, g).bytes);
        set_num_threads(before);
      }
      for (const auto& r : results) CHECK(r == results[0]);
    }
}

TEST_CASE("random: uniform") {
  Generator g(10);
  const std::int64_t n = 400000;
  const auto check = [&]<class T>(DType t, T) {
    const Moments m = moments<T>(filled(Distribution::uniform, t, n, 0, 1, g));
    CAPTURE(name(t));
    const double cell = t == bfloat16 ? 1.0 / 256 : t == float16 ? 1.0 / 2048 : 0;  // values are the cells' lower ends
    CHECK(m.low >= 0);
    CHECK(m.high < 1);
    CHECK(m.high > 0.99);
    CHECK(std::fabs(m.mean - 0.5 + cell / 2) < 5 / std::sqrt(12.0 * n));
    CHECK(std::fabs(m.var - 1.0 / 12) < 0.0006);
    const Moments shifted = moments<T>(filled(Distribution::uniform, t, n, -3, 5, g));
    CHECK(shifted.low >= -3);
    CHECK(shifted.high < 5);
    CHECK(std::fabs(shifted.mean - 1 + 4 * cell) < 8 * 5 / std::sqrt(12.0 * n) + 8 * cell);
  };
  check(float16, Half());
  check(bfloat16, BFloat16());
  check(float32, float());
  check(float64, double());
  // Rounding must not reach the upper bound.
  CHECK(moments<float>(filled(Distribution::uniform, float32, n, 16777215, 16777216, g)).high < 16777216);
}

TEST_CASE("random: normal") {
  Generator g(11);
  const std::int64_t n = 1000000;
  const auto check = [&]<class T>(DType t, T) {
    const Array x = filled(Distribution::normal, t, n, 2, 0.5, g);
    const Moments m = moments<T>(x);
    CAPTURE(name(t));
    CHECK(std::fabs(m.mean - 2) < 5 * 0.5 / std::sqrt(1.0 * n));
    CHECK(std::fabs(m.var - 0.25) < 5 * 0.25 * std::sqrt(2.0 / n));
    CHECK(std::fabs(m.skew) < 5 * std::sqrt(6.0 / n));
    CHECK(std::fabs(m.kurtosis - 3) < 5 * std::sqrt(24.0 / n));
    // Kolmogorov and Smirnov's distance to the normal distribution, critical at one in ten thousand.
    if (itemsize(t) < 4) return;
    std::vector<double> v;
    for (std::int64_t i = 0; i < n; ++i) v.push_back((static_cast<double>(x.at<T>(i)) - 2) / 0.5);
    std::sort(v.begin(), v.end());
    double distance = 0;
    for (std::int64_t i = 0; i < n; ++i)
      distance = std::max(distance, std::fabs(0.5 * std::erfc(-v[static_cast<std::size_t>(i)] / std::sqrt(2.0)) - (static_cast<double>(i) + 0.5) / n));
    CHECK(distance * std::sqrt(1.0 * n) < 2.23);
    // Both outputs of a pair, and neighbours, are uncorrelated.
    for (std::int64_t lag : {1, 16, 32, 64}) {
      double c = 0;
      for (std::int64_t i = lag; i < n; ++i) c += (static_cast<double>(x.at<T>(i)) - 2) * (static_cast<double>(x.at<T>(i - lag)) - 2) / 0.25;
      CHECK(std::fabs(c / n) < 5 / std::sqrt(1.0 * n));
    }
  };
  check(float16, Half());
  check(bfloat16, BFloat16());
  check(float32, float());
  check(float64, double());
}

TEST_CASE("random: the functions behind the normal distribution") {
  double log32 = 0, log64 = 0, pair32 = 0, pair64 = 0;
  for (int i = 1; i <= 200000; ++i) {
    const double u = std::pow(i / 200000.0, 5);
    log32 = std::max(log32, std::fabs(philox::log(static_cast<float>(u)) / std::log(static_cast<double>(static_cast<float>(u))) - 1) * (u < 1 ? 1 : 0));
    log64 = std::max(log64, static_cast<double>(std::fabs(philox::log(u) / std::log(static_cast<long double>(u)) - 1)) * (u < 1 ? 1 : 0));
    const std::uint32_t y = static_cast<std::uint32_t>(i) * 2654435761u;
    float a, b;
    double p, q;
    philox::normal_pair(0x40000000, y, &a, &b);
    philox::normal_pair({{0x40000000, 0, y, y}}, &p, &q);
    const long double r32 = std::sqrt(-2 * std::log(0.25L + 0x1p-32L)), r64 = std::sqrt(-2 * std::log(0.25L + 0x1p-54L));
    const long double angle32 = static_cast<long double>(y) * 6.283185307179586476925286766559L / 0x1p32L;
    const long double angle64 = angle32 + angle32 / 0x1p32L;
    pair32 = std::max({pair32, static_cast<double>(std::fabs(a - r32 * std::cos(angle32))), static_cast<double>(std::fabs(b - r32 * std::sin(angle32)))});
    pair64 = std::max({pair64, static_cast<double>(std::fabs(p - r64 * std::cos(angle64))), static_cast<double>(std::fabs(q - r64 * std::sin(angle64)))});
  }
  CHECK(log32 < 1.2e-7);
  CHECK(log64 < 2.3e-16);
  CHECK(pair32 < 3e-7);
  CHECK(pair64 < 5e-16);
}

TEST_CASE("random: integers") {
  Generator g(12);
  const std::int64_t n = 600000;
  const Array x = filled(Distribution::integers, int8, n, 0, 1, g, -3, 6);
  std::vector<std::int64_t> count(6);
  for (std::int64_t i = 0; i < n; ++i) {
    const int v = x.at<std::int8_t>(i) + 3;
    if (v < 0 || v >= 6) FAIL("out of range");
    ++count[static_cast<std::size_t>(v)];
  }
  double chi = 0;
  for (std::int64_t c : count) chi += std::pow(static_cast<double>(c) - n / 6.0, 2) / (n / 6.0);
  CHECK(chi < 25.7);  // 5 degrees of freedom, one in ten thousand
  // All dtypes hold the same numbers.
  for (DType t : {bool_, uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, bfloat16, float32, float64}) {
    Generator h(13), k(13);
    const Array small = filled(Distribution::integers, t, 1000, 0, 1, h, 0, is_bool(t) ? 2 : 100);
    const Array same = filled(Distribution::integers, int64, 1000, 0, 1, k, 0, is_bool(t) ? 2 : 100);
    const auto as_integer = [&](std::int64_t i) -> std::int64_t {
      switch (t) {
        case bool_: return small.at<bool>(i);
        case uint8: case int8: return small.at<std::uint8_t>(i);
        case uint16: case int16: return small.at<std::uint16_t>(i);
        case uint32: case int32: return small.at<std::uint32_t>(i);
        case float16: return static_cast<std::int64_t>(static_cast<float>(small.at<Half>(i)));
        case bfloat16: return static_cast<std::int64_t>(static_cast<float>(small.at<BFloat16>(i)));
        case float32: return static_cast<std::int64_t>(small.at<float>(i));
        case float64: return static_cast<std::int64_t>(small.at<double>(i));
        default: return small.at<std::int64_t>(i);
      }
    };
    bool equal = true;
    for (std::int64_t i = 0; i < 1000; ++i) equal = equal && as_integer(i) == same.at<std::int64_t>(i);
    CAPTURE(name(t));
    CHECK(equal);
  }
}

TEST_CASE("random: bernoulli") {
  Generator g(14);
  const std::int64_t n = 400000;
  for (double p : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    const Array x = filled(Distribution::bernoulli, float32, n, p, 0, g);
    const double mean = moments<float>(x).mean;
    CHECK(std::fabs(mean - p) <= 5 * std::sqrt(p * (1 - p) / n) + 1e-9);
  }
}
