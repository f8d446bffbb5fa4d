// The short-time Fourier transform against its definition, back and forth, derivatives; windows against SciPy's numbers; errors.
#include "harness.h"

using namespace ph;
using namespace test;
namespace windows = ph::signal::windows;

namespace {
Tensor numbers(std::initializer_list<double> v) { return from_data(std::vector<double>(v), {static_cast<std::int64_t>(v.size())}); }
const TensorOptions doubles{.dtype = float64};
bool close_complex(const Tensor& a, const Tensor& b, double tolerance) {
  return a.shape() == b.shape() && (a.numel() == 0 || max(abs(a - b)).item<double>() <= tolerance);
}
}  // namespace

TEST_CASE("signal: stft is the transform of each frame") {
  const Tensor x = sample({2, 40}), w = windows::hann(8, false, doubles);
  const Tensor y = stft(x, 8, {.hop_length = 3, .window = w, .center = false});
  CHECK(y.dtype() == complex128);
  CHECK(y.shape() == Shape{2, 5, 11});
  for (std::int64_t t = 0; t < 11; ++t)
    CHECK(close_complex(y.select(-1, t), fft::rfft(x.narrow(1, 3 * t, 8) * w), 1e-14));
  // In the middle of padded frames; a shorter window in the middle of its frame.
  const Tensor c = stft(x, 8, {.win_length = 5, .window = w.narrow(0, 0, 5)});
  CHECK(c.shape() == Shape{2, 5, 21});
  const Tensor padded = pad(x, {4, 4}, Pad::reflect), middle = pad(w.narrow(0, 0, 5), {1, 2});
  for (std::int64_t t = 0; t < 21; ++t) CHECK(close_complex(c.select(-1, t), fft::rfft(padded.narrow(1, 2 * t, 8) * middle), 1e-14));
  CHECK(close_complex(stft(x, 8, {.pad_mode = Pad::constant}).select(-1, 0), fft::rfft(pad(x, {4, 4}).narrow(1, 0, 8)), 1e-14));
  CHECK(close_complex(stft(x, 8, {.normalized = true}), stft(x, 8) / std::sqrt(8.0), 1e-14));
  const Tensor both = stft(x, 8, {.sides = Sides::two});
  CHECK(both.shape() == Shape{2, 8, 21});
  CHECK(close_complex(both.narrow(1, 0, 5), stft(x, 8), 1e-13));
  CHECK(stft(x, 8, {.return_complex = false}).shape() == Shape{2, 5, 21, 2});
  const Tensor z = complex(x, sample({2, 40}, float64, -1, 1, 9));
  CHECK(stft(z, 8).shape() == Shape{2, 8, 21});
  CHECK(close_complex(stft(z, 8), stft(real(z), 8, {.sides = Sides::two}) + stft(imag(z), 8, {.sides = Sides::two}) * Scalar(cdouble(0, 1)), 1e-13));
  CHECK(stft(x.to(float32), 7).dtype() == complex64);
  CHECK(stft(x.select(0, 0), 7).shape() == Shape{4, 40});
  CHECK(stft(zeros({0, 40}), 8).shape() == Shape{0, 5, 21});
}

TEST_CASE("signal: istft is the way back") {
  const Tensor x = sample({3, 50}), one = x.select(0, 1), z = complex(x, sample({3, 50}, float64, -1, 1, 9));
  for (std::int64_t n : {4, 7, 8, 16})
    for (bool normalized : {false, true}) {
      CAPTURE(n);
      const Tensor w = windows::hamming(n, false, doubles);
      const STFTOptions forth{.hop_length = n / 3 + 1, .window = w, .normalized = normalized};
      STFTOptions both = forth;
      both.sides = Sides::two;
      ISTFTOptions o{.hop_length = n / 3 + 1, .window = w, .normalized = normalized, .length = 50};
      const Tensor y = stft(x, n, forth), yz = stft(z, n, forth);
      o.return_complex = true;
      CHECK(close_complex(istft(yz, n, o), z, 1e-13));
      o.return_complex = false;
      CHECK(close_complex(istft(stft(x, n, both), n, o), x, 1e-13));
      CHECK(close_complex(istft(y, n, o), x, 1e-13));
      CHECK(close_complex(istft(y.select(0, 1), n, o), one, 1e-13));
      o.length = -1;
      const Tensor covered = istft(y, n, o);
      CHECK(close_complex(covered, x.narrow(1, 0, covered.size(1)), 1e-13));
      o.length = 60;
      CHECK(istft(y, n, o).shape() == Shape{3, 60});
      CHECK(values(istft(y, n, o).select(0, 0)).back() == 0);
    }
  const Tensor w = windows::hamming(6, true, doubles);
  const Tensor y = stft(x, 6, {.hop_length = 2, .win_length = 6, .window = w, .center = false});
  CHECK(close_complex(istft(y, 6, {.hop_length = 2, .win_length = 6, .window = w, .center = false}), x, 1e-13));
}

TEST_CASE("signal: derivatives") {
  const Tensor x = leaf({2, 14}), w = leaf({5}, float64, 0.5, 1.5, 4);
  const auto forth = [](const Tensor& v, const Tensor& u) { return stft(v, 6, {.hop_length = 2, .win_length = 5, .window = u}); };
  CHECK(gradcheck(forth, {x, w}));
  CHECK(gradgradcheck(forth, {x, w}));
  const Tensor s = complex(sample({4, 5}), sample({4, 5}, float64, -1, 1, 3)).requires_grad_();
  const auto back = [](const Tensor& v, const Tensor& u) { return istft(v, 6, {.hop_length = 2, .win_length = 5, .window = u}); };
  CHECK(gradcheck(back, {s, w}));
  CHECK(gradgradcheck(back, {s, w}));
}

// scipy.signal.windows.get_window's functions, SciPy 1.17; exponential and cosine beside their formulas.
TEST_CASE("signal: windows") {
  const auto is = [](const Tensor& got, const Tensor& want) { return got.dtype() == float64 && close(got, want, 1e-14, 1e-15); };
  CHECK(is(windows::bartlett(5, true, doubles), numbers({0, 0.5, 1, 0.5, 0})));
  CHECK(is(windows::bartlett(4, false, doubles), numbers({0, 0.5, 1, 0.5})));
  CHECK(is(windows::hann(5, true, doubles), numbers({0, 0.5, 1, 0.5, 0})));
  CHECK(is(windows::hann(4, false, doubles), numbers({0, 0.5, 1, 0.5})));
  CHECK(is(windows::hamming(5, true, doubles), numbers({0.08, 0.54, 1, 0.54, 0.08})));
  CHECK(is(windows::blackman(5, true, doubles), numbers({0, 0.34, 1, 0.34, 0})));
  CHECK(is(windows::nuttall(5, true, doubles), numbers({0.0003628, 0.2269824, 1, 0.2269824, 0.0003628})));
  CHECK(is(windows::general_cosine(5, {0.6, 0.3, 0.1}, true, doubles), numbers({0.4, 0.5, 1, 0.5, 0.4})));
  CHECK(is(windows::general_hamming(5, 0.6, true, doubles), numbers({0.2, 0.6, 1, 0.6, 0.2})));
  const double root = std::sqrt(0.5);
  CHECK(is(windows::cosine(2, true, doubles), numbers({root, root})));
  CHECK(is(windows::cosine(3, false, doubles), numbers({0.3826834323650898, 0.9238795325112867, 0.9238795325112867})));
  const double e = std::exp(-1.0), h = std::exp(-0.5);
  CHECK(is(windows::exponential(3, 1, ph::nan, true, doubles), numbers({e, 1, e})));
  CHECK(is(windows::exponential(3, 2, 0, false, doubles), numbers({1, h, e})));
  CHECK(is(windows::gaussian(3, 1, true, doubles), numbers({h, 1, h})));
  CHECK(is(windows::gaussian(4, 2, false, doubles), numbers({std::exp(-0.5), std::exp(-0.125), 1, std::exp(-0.125)})));
  CHECK(is(windows::kaiser(5, 8.6, true, doubles), numbers({0.0013325139979024198, 0.34039362244018856, 1, 0.34039362244018856, 0.0013325139979024198})));
  CHECK(is(windows::kaiser(3, 0, true, doubles), numbers({1, 1, 1})));
  CHECK(windows::kaiser(5, 1500, true, doubles).select(0, 2).item<double>() == 1);
  for (const auto& w : {windows::hann(0), windows::kaiser(0), windows::gaussian(0)}) CHECK(w.shape() == Shape{0});
  for (const auto& w : {windows::hann(1), windows::kaiser(1), windows::cosine(1, false), windows::nuttall(1)})
    CHECK(w.to_vector<float>() == std::vector<float>{1});
  CHECK(windows::hann(4, true, {.dtype = float16}).dtype() == float16);
  CHECK(windows::hann(4, true, {.requires_grad = true}).requires_grad());
}

TEST_CASE("signal: errors") {
  const Tensor x = sample({2, 20}), y = stft(x, 8);
  CHECK_ERROR(stft(sample({2, 2, 20}), 8), "stft: the signal must be [n] or [batch, n]; got shape=[2, 2, 20]");
  CHECK_ERROR(stft(arange(20), 8), "stft: needs a floating or complex signal; got dtype=int64");
  CHECK_ERROR(stft(x, 0), "stft: n_fft must be positive; got n_fft=0");
  CHECK_ERROR(stft(x, 3), "stft: hop_length must be positive; got hop_length=0");
  CHECK_ERROR(stft(x, 8, {.win_length = 9}), "stft: win_length must be between 1 and n_fft; got win_length=9, n_fft=8");
  CHECK_ERROR(stft(x, 8, {.window = ones({7})}), "stft: window must be [win_length]; got shape=[7], win_length=8");
  CHECK_ERROR(stft(x, 40), "stft: reflecting needs a signal longer than n_fft / 2; got n=20, n_fft=40");
  CHECK_ERROR(stft(x, 21, {.center = false}), "stft: the signal must not be shorter than a frame; got n=20, n_fft=21");
  CHECK_ERROR(stft(complex(x, x), 8, {.sides = Sides::one}), "stft: one side of a spectrum is enough for real signals and windows only");
  CHECK_ERROR(stft(x.to(float16), 8), "rfft: needs 32 bits or more; got dtype=float16. Convert it with x.to(float32)");
  CHECK_ERROR(istft(x, 8), "istft: needs complex spectra; got dtype=float64. Use view_as_complex");
  CHECK_ERROR(istft(y.select(-1, 0).select(0, 0), 8), "istft: spectra must be [frequencies, frames] or [batch, frequencies, frames], not empty; got shape=[5]");
  CHECK_ERROR(istft(y, 12), "istft: there must be 7 frequencies for this n_fft; got shape=[2, 5, 11], n_fft=12");
  CHECK_ERROR(istft(y, 8, {.hop_length = 9}), "istft: windows must not leave gaps; got hop_length=9, win_length=8");
  CHECK_ERROR(istft(y, 8, {.length = 0}), "istft: nothing is left of the signal; got length=0 of 24");
  CHECK_ERROR(istft(y, 8, {.window = windows::hann(8, true, doubles), .center = false}),
              "istft: the windows' squares add up to 0 somewhere. Use a smaller hop_length, or center the windows");
  CHECK_ERROR(windows::hann(-1), "hann: M must not be negative; got M=-1");
  CHECK_ERROR(windows::kaiser(-1), "kaiser: M must not be negative; got M=-1");
  CHECK_ERROR(windows::hann(3, true, {.dtype = int64}), "hann: needs a floating dtype; got dtype=int64");
  CHECK_ERROR(windows::gaussian(3, 0), "gaussian: std must be positive; got std=0");
  CHECK_ERROR(windows::exponential(3, -1), "exponential: tau must be positive; got tau=-1");
  CHECK_ERROR(windows::exponential(3, 1, 1), "exponential: a symmetric window has its center in the middle; got center=1. Leave it out, or pass sym as false");
  CHECK_ERROR(windows::general_cosine(3, {}), "general_cosine: needs at least one coefficient");
  CHECK_ERROR(windows::kaiser(3, -1), "kaiser: beta must not be negative; got beta=-1");
}
