// Fourier transforms against the sum that defines them, in long double: every length and norm, cropping and filling up,
// layouts, dtypes, derivatives, errors word for word.
#include <complex>

#include "harness.h"
#include "playhead/tensor/kernels.h"

using namespace ph;
using namespace test;
using fft::Norm;

namespace {

using Number = std::complex<long double>;
const std::vector<Norm> norms = {Norm::backward, Norm::ortho, Norm::forward};

std::vector<Number> numbers(const Tensor& x) {
  std::vector<Number> v;
  for (const cdouble& z : x.detach().to(complex128).to_vector<cdouble>()) v.emplace_back(z.re, z.im);
  return v;
}
bool close_numbers(const Tensor& got, const Tensor& want, double tolerance = 1e-13) {
  if (!(got.shape() == want.shape())) return false;
  const std::vector<Number> a = numbers(got), b = numbers(want);
  long double worst = 0, size = 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(a[i] - b[i]));
    size = std::max(size, std::abs(b[i]));
  }
  return worst <= static_cast<long double>(tolerance) * size;
}

/// The sum itself along a dim, for complex128.
Tensor summed(const Tensor& x, std::int64_t dim, bool forward, Norm norm = Norm::backward) {
  const std::int64_t n = x.size(dim);
  const Tensor rows = x.to(complex128).transpose(dim, -1).contiguous();
  const std::vector<Number> v = numbers(rows);
  std::vector<cdouble> out(v.size());
  const long double turn = (forward ? -2 : 2) * 3.14159265358979323846264338327950288L / static_cast<long double>(n);
  const bool divides = norm == (forward ? Norm::forward : Norm::backward);
  const long double scale = norm == Norm::ortho ? 1 / std::sqrt(static_cast<long double>(n)) : divides ? 1 / static_cast<long double>(n) : 1;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const std::size_t k = i % static_cast<std::size_t>(n), first = i - k;
    Number s = 0;
    for (std::size_t j = 0; j < static_cast<std::size_t>(n); ++j)
      s += v[first + j] * std::polar(1.0L, turn * static_cast<long double>(j * k % static_cast<std::size_t>(n)));
    s *= scale;
    out[i] = cdouble(static_cast<double>(s.real()), static_cast<double>(s.imag()));
  }
  return from_data(out, rows.shape()).transpose(dim, -1);
}
/// The whole of a signal whose other half are the conjugates.
Tensor whole(const Tensor& half, std::int64_t n) {
  Tensor x = half.narrow(-1, 0, n / 2 + 1).clone();
  const auto real_at = [&](std::int64_t i) { x.select(-1, i).copy_(ph::complex(real(x.select(-1, i)), zeros_like(real(x.select(-1, i))))); };
  real_at(0);
  if (n % 2 == 0) real_at(n / 2);
  return n < 3 ? x : cat({x, conj(flip(x.narrow(-1, 1, (n - 1) / 2), {-1}))}, -1);
}

Tensor noise(const Shape& shape, std::uint64_t salt = 1, DType dtype = complex128) {
  const Tensor re = sample(shape, real_dtype(dtype), -1, 1, salt), im = sample(shape, real_dtype(dtype), -1, 1, salt + 50);
  return is_complex(dtype) ? ph::complex(re, im) : re;
}

}  // namespace

TEST_CASE("fft: the sum that defines it, for every kind of length") {
  for (std::int64_t n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 17, 22, 30, 31, 64, 97, 127, 128, 210, 256, 509}) {
    CAPTURE(n);
    const Tensor x = noise({3, n});
    for (Norm norm : norms) {
      CHECK(close_numbers(fft::fft(x, -1, -1, norm), summed(x, -1, true, norm)));
      CHECK(close_numbers(fft::ifft(x, -1, -1, norm), summed(x, -1, false, norm)));
      CHECK(close_numbers(fft::ifft(fft::fft(x, -1, 1, norm), -1, 1, norm), x));
      const Tensor r = noise({3, n}, 4, float64);
      const Tensor half = fft::rfft(r, -1, -1, norm);
      CHECK(half.dtype() == complex128);
      CHECK(close_numbers(half, summed(r, -1, true, norm).narrow(-1, 0, n / 2 + 1)));
      CHECK(close_numbers(fft::irfft(half, n, -1, norm), r));
      CHECK(close_numbers(fft::ihfft(r, -1, -1, norm), summed(r, -1, false, norm).narrow(-1, 0, n / 2 + 1)));
      const Tensor z = noise({3, n / 2 + 1}, 9);
      CHECK(fft::irfft(z, n).dtype() == float64);
      CHECK(close_numbers(fft::irfft(z, n, -1, norm), summed(whole(z, n), -1, false, norm)));
      CHECK(close_numbers(fft::hfft(z, n, -1, norm), summed(whole(z, n), -1, true, norm)));
    }
  }
}

TEST_CASE("fft: dims, lengths and several dims") {
  const Tensor x = noise({4, 5, 6}), r = noise({4, 5, 6}, 3, float64);
  for (std::int64_t dim : {0, 1, 2, -1, -2, -3}) {
    CHECK(close_numbers(fft::fft(x, -1, dim), summed(x, dim, true)));
    CHECK(close_numbers(fft::fft(x, 3, dim), summed(x.narrow(dim, 0, 3), dim, true)));
    const Tensor longer = fft::fft(x, 9, dim);
    CHECK(longer.size(dim) == 9);
    Shape fill = x.shape();
    fill[(static_cast<int>(dim) + 3) % 3] = 9 - x.size(dim);
    CHECK(close_numbers(longer, summed(cat({x, zeros(fill, {.dtype = complex128})}, dim), dim, true)));
  }
  CHECK(fft::irfft(x).shape() == Shape{4, 5, 10});
  CHECK(close_numbers(fft::irfft(x, 5), summed(whole(x.narrow(-1, 0, 3), 5), -1, false)));
  CHECK(close_numbers(fft::rfft(r, 4, 0), summed(r, 0, true).narrow(0, 0, 3)));

  const auto many = [](Tensor t, const Shape& dims, bool forward, Norm norm = Norm::backward) {
    for (std::int64_t d : dims) t = summed(t, d, forward, norm);
    return t;
  };
  for (Norm norm : norms) {
    CHECK(close_numbers(fft::fftn(x, {}, {}, norm), many(x, {0, 1, 2}, true, norm)));
    CHECK(close_numbers(fft::ifftn(x, {}, {2, 0}, norm), many(x, {0, 2}, false, norm)));
    CHECK(close_numbers(fft::fft2(x, {}, {-2, -1}, norm), many(x, {1, 2}, true, norm)));
    CHECK(close_numbers(fft::ifft2(x, {3, -1}, {-3, -1}, norm), many(x.narrow(0, 0, 3), {0, 2}, false, norm)));
    CHECK(close_numbers(fft::fftn(x, {2, 4}, {}, norm), many(x.narrow(1, 0, 2).narrow(2, 0, 4), {1, 2}, true, norm)));
    CHECK(close_numbers(fft::rfftn(r, {}, {}, norm), many(r, {0, 1, 2}, true, norm).narrow(2, 0, 4)));
    CHECK(close_numbers(fft::rfft2(r, {}, {2, 0}, norm), many(r, {0, 2}, true, norm).narrow(0, 0, 3)));
    CHECK(close_numbers(fft::ihfftn(r, {}, {}, norm), many(r, {0, 1, 2}, false, norm).narrow(2, 0, 4)));
    CHECK(close_numbers(fft::ihfft2(r, {}, {1, 2}, norm), many(r, {1, 2}, false, norm).narrow(2, 0, 4)));
    CHECK(close_numbers(fft::irfftn(fft::rfftn(r, {}, {}, norm), r.shape(), {}, norm), r));
    CHECK(close_numbers(fft::irfft2(fft::rfft2(r, {}, {0, 1}, norm), {4, 5}, {0, 1}, norm), r));
    CHECK(close_numbers(fft::hfftn(fft::ihfftn(r, {}, {}, norm), r.shape(), {}, norm), r));
    CHECK(close_numbers(fft::hfft2(fft::ihfft2(r, {}, {-2, -1}, norm), {5, 6}, {-2, -1}, norm), r));
    // What is not Hermitian along the other dims: they come first, the halved one last.
    CHECK(close_numbers(fft::irfftn(x, {}, {}, norm), fft::irfft(many(x, {0, 1}, false, norm), -1, -1, norm)));
    CHECK(close_numbers(fft::hfftn(x, {}, {}, norm), fft::hfft(many(x, {0, 1}, true, norm), -1, -1, norm)));
  }
}

TEST_CASE("fft: dtypes") {
  const Tensor x = noise({3, 12}, 1, complex64), r = noise({3, 12}, 1, float32);
  CHECK(fft::fft(x).dtype() == complex64);
  CHECK(fft::rfft(r).dtype() == complex64);
  CHECK(fft::irfft(x).dtype() == float32);
  CHECK(fft::fft(r).dtype() == complex64);
  CHECK(close_numbers(fft::fft(x), summed(x, -1, true), 1e-6));
  CHECK(close_numbers(fft::fft(r), summed(r, -1, true), 1e-6));
  CHECK(close_numbers(fft::irfft(r), fft::irfft(r.to(complex64)), 0));
  CHECK(close_numbers(fft::fft(arange(5)), summed(arange(5), -1, true), 1e-6));
  CHECK(fft::rfft(ones({4}, {.dtype = bool_})).dtype() == complex64);
  CHECK(fft::fftn(full({}, 3.0)).to_vector<cfloat>()[0].re == 3);
  CHECK(fft::fftn(full({}, 3.0)).shape() == Shape{});
}

TEST_CASE("fft: layouts, and pieces for the threads") {
  const Tensor x = noise({3, 8, 10});
  const Tensor want = fft::fftn(x, {}, {1, 2}), half = fft::irfft(x, 15, 1);
  for (const Layout& l : layouts(x)) {
    CAPTURE(std::string(l.name));
    CHECK(same_bits(fft::fftn(l.x, {}, {1, 2}), want));
    CHECK(same_bits(fft::irfft(l.x, 15, 1), half));
    CHECK(same_bits(fft::rfft(real(l.x), -1, 0), fft::rfft(real(x).clone(), -1, 0)));
  }
  CHECK(same_bits(fft::fft(x.select(0, 0).select(0, 0).expand({4, 10})).select(0, 3), fft::fft(x.select(0, 0).select(0, 0))));
  // Each line has the bits that it has alone, wherever it is and whatever thread it falls to.
  const Tensor big = noise({300, 7, 64}, 5, complex64);
  const int before = num_threads();
  std::vector<Tensor> results;
  for (int threads : {1, 2, 5}) {
    set_num_threads(threads);
    results.push_back(fft::fft2(big, {}, {0, 2}));
    CHECK(same_bits(results.back(), results.front()));
    CHECK(same_bits(fft::fft(big).select(0, 171).select(0, 3), fft::fft(big.select(0, 171).select(0, 3))));
  }
  set_num_threads(before);
  const Tensor kept = x.clone();
  fft::fft2(x);
  CHECK(same_bits(x, kept));
}

TEST_CASE("fft: empty") {
  CHECK(fft::fft(zeros({0, 4}, {.dtype = complex64})).shape() == Shape{0, 4});
  CHECK(fft::rfft(zeros({0, 5})).shape() == Shape{0, 3});
  CHECK(fft::irfft(zeros({0, 5})).shape() == Shape{0, 8});
  CHECK(same_bits(fft::fft(zeros({2, 0}), 3), zeros({2, 3}, {.dtype = complex64})));
  CHECK(same_bits(fft::irfft(zeros({2, 0}), 3), zeros({2, 3})));
}

TEST_CASE("fft: derivatives") {
  const Tensor z = noise({2, 5}).requires_grad_(), r = leaf({2, 5});
  for (Norm norm : norms) {
    for (std::int64_t n : {-1, 3, 4, 7}) {
      CAPTURE(n);
      const auto check = [&](const Tensor& x, const auto& f) {
        CHECK(gradcheck(f, {x}));
        CHECK(gradgradcheck(f, {x}));
      };
      check(z, [=](const Tensor& x) { return fft::fft(x, n, -1, norm); });
      check(z, [=](const Tensor& x) { return fft::ifft(x, n, 1, norm); });
      check(r, [=](const Tensor& x) { return fft::fft(x, n, 1, norm); });
      check(r, [=](const Tensor& x) { return fft::rfft(x, n, -1, norm); });
      check(r, [=](const Tensor& x) { return fft::ihfft(x, n, -1, norm); });
      check(z, [=](const Tensor& x) { return fft::irfft(x, n, -1, norm); });
      check(z, [=](const Tensor& x) { return fft::hfft(x, n, 0, norm); });
      check(r, [=](const Tensor& x) { return fft::irfft(x, n, -1, norm); });
    }
  }
  const Tensor z3 = noise({2, 3, 4}).requires_grad_(), r3 = leaf({2, 3, 4});
  const auto all = [](const Tensor& x) {
    return std::vector<Tensor>{fft::fftn(x), fft::ifft2(x, {2, 5}), fft::irfftn(x), fft::hfftn(x, {3, 5}), fft::fftshift(x), fft::hfft2(x), fft::irfft2(x)};
  };
  CHECK(gradcheck(all, {z3}));
  CHECK(gradgradcheck(all, {z3}));
  const auto reals = [](const Tensor& x) {
    return std::vector<Tensor>{fft::rfftn(x), fft::ihfftn(x, {2, 5}), fft::rfft2(x), fft::ihfft2(x, {}, {0, 1}), fft::ifftn(x)};
  };
  CHECK(gradcheck(reals, {r3}));
  CHECK(gradgradcheck(reals, {r3}));
  // A gradient has its input's dtype.
  Tensor x = leaf({6}, float32);
  sum(real(fft::fft(x))).backward();
  CHECK(x.grad().dtype() == float32);
  CHECK(close(x.grad(), from_data<double>({6, 0, 0, 0, 0, 0}), 1e-6, 1e-6));
}

TEST_CASE("fft: shifts and frequencies") {
  const Tensor x = arange(10).reshape({2, 5});
  CHECK(same_bits(fft::fftshift(x), from_data<std::int64_t>({8, 9, 5, 6, 7, 3, 4, 0, 1, 2}, {2, 5})));
  CHECK(same_bits(fft::fftshift(x, {1}), from_data<std::int64_t>({3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {2, 5})));
  CHECK(same_bits(fft::ifftshift(fft::fftshift(x)), x));
  CHECK(same_bits(fft::ifftshift(x, {-1}), from_data<std::int64_t>({2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {2, 5})));
  CHECK(fft::fftshift(zeros({})).shape() == Shape{});
  CHECK(fft::fftshift(zeros({0, 3})).shape() == Shape{0, 3});
  CHECK(close(fft::fftfreq(5, 0.5), from_data<double>({0, 0.4, 0.8, -0.8, -0.4}), 1e-7));
  CHECK(same_bits(fft::fftfreq(4, 1, {.dtype = float64}), from_data<double>({0, 0.25, -0.5, -0.25})));
  CHECK(same_bits(fft::rfftfreq(5, 0.1, {.dtype = float64}), from_data<double>({0, 2, 4})));
  CHECK(fft::rfftfreq(6, 1).shape() == Shape{4});
  CHECK(fft::fftfreq(1).to_vector<float>() == std::vector<float>{0});
  CHECK(fft::fftfreq(3, 1, {.requires_grad = true}).requires_grad());
  CHECK(fft::rfftfreq(3, 1, {.dtype = float16}).dtype() == float16);
}

TEST_CASE("fft: errors") {
  const Tensor x = noise({2, 4});
  CHECK_ERROR(fft::fft(zeros({})), "fft: needs at least one dimension; got shape=[]");
  CHECK_ERROR(fft::rfftn(zeros({})), "rfftn: needs at least one dimension; got shape=[]");
  CHECK_ERROR(fft::fft(x, 0), "fft: a transform needs at least one point; got n=0 for dimension 1 of size 4");
  CHECK_ERROR(fft::ifft(x, -3, 0), "ifft: a transform needs at least one point; got n=-3 for dimension 0 of size 2");
  CHECK_ERROR(fft::fft(zeros({2, 0})), "fft: a transform needs at least one point; got n=0 for dimension 1 of size 0");
  CHECK_ERROR(fft::irfft(zeros({1})), "irfft: a transform needs at least one point; got n=0 for dimension 0 of size 1");
  CHECK_ERROR(fft::rfft(x), "rfft: needs a real input; got dtype=complex128");
  CHECK_ERROR(fft::ihfft(x), "ihfft: needs a real input; got dtype=complex128");
  CHECK_ERROR(fft::fft(zeros({4}, {.dtype = float16})), "fft: needs 32 bits or more; got dtype=float16. Convert it with x.to(float32)");
  CHECK_ERROR(fft::rfft(zeros({4}, {.dtype = bfloat16})), "rfft: needs 32 bits or more; got dtype=bfloat16. Convert it with x.to(float32)");
  CHECK_ERROR(fft::fftn(x, {2}, {0, 1}), "fftn: s and dims must have one length; got s=[2], dims=[0, 1]");
  CHECK_ERROR(fft::fftn(x, {2, 2, 2}), "fftn: s has more entries than x has dimensions; got s=[2, 2, 2], shape=[2, 4]");
  CHECK_ERROR(fft::fft2(x, {}, {1, -1}), "fft2: dims must be different; got dims=[1, -1]");
  CHECK_ERROR(fft::fft(x, -1, 2), "fft: dimension out of range; got dim=2 for 2 dimensions");
  CHECK_ERROR(fft::fft2(zeros({4})), "fft2: dimension out of range; got dim=-2 for 1 dimension");
  CHECK_ERROR(fft::fftfreq(0), "fftfreq: n must be positive; got n=0");
  CHECK_ERROR(fft::rfftfreq(3, 0), "rfftfreq: samples must be apart; got d=0");
  CHECK_ERROR(fft::fftfreq(3, 1, {.dtype = int64}), "fftfreq: needs a floating dtype; got dtype=int64");
  CHECK_THROWS_AS(fft::fft(x, INT64_MAX / 2), Error);
}
