// The short-time Fourier transform, made of frames (a view), products and Fourier transforms; windows from their formulas.
#include "playhead/autograd/ops_signal.h"

#include <cmath>
#include <vector>

#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_fft.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_reduce.h"

namespace ph {

namespace {

/// What both ways check alike; fills in what was left to be inferred.
template <class Options>
void settle(const char* op, const Tensor& x, std::int64_t n_fft, Options& o, bool is_real) {
  if (n_fft < 1) value_error(op, "n_fft must be positive; got n_fft=", n_fft);
  if (o.hop_length == 0) o.hop_length = n_fft / 4;
  if (o.win_length == 0) o.win_length = n_fft;
  if (o.hop_length < 1) value_error(op, "hop_length must be positive; got hop_length=", o.hop_length);
  if (o.win_length < 1 || o.win_length > n_fft)
    value_error(op, "win_length must be between 1 and n_fft; got win_length=", o.win_length, ", n_fft=", n_fft);
  if (o.window.defined()) {
    if (o.window.ndim() != 1 || o.window.size(0) != o.win_length)
      value_error(op, "window must be [win_length]; got shape=", o.window.shape(), ", win_length=", o.win_length);
    if (o.window.device() != x.device()) runtime_error(op, "devices must match; got x=", x.device(), ", window=", o.window.device());
    if (is_complex(o.window.dtype())) is_real = false;
  }
  if (!is_real && o.sides == Sides::one) value_error(op, "one side of a spectrum is enough for real signals and windows only");
  if (o.sides == Sides::automatic) o.sides = is_real ? Sides::one : Sides::two;
}

/// The window in the middle of a frame.
template <class Options>
Tensor frame_window(const Tensor& x, std::int64_t n_fft, const Options& o) {
  const Tensor w = o.window.defined() ? o.window : ones({o.win_length}, {.dtype = real_dtype(x.dtype()), .device = x.device()});
  const std::int64_t left = (n_fft - o.win_length) / 2;
  return o.win_length == n_fft ? w : pad(w, {left, n_fft - o.win_length - left});
}

fft::Norm norm_of(bool normalized) { return normalized ? fft::Norm::ortho : fft::Norm::backward; }

}  // namespace

Tensor stft(const Tensor& x, std::int64_t n_fft, const STFTOptions& options) {
  STFTOptions o = options;
  if (x.ndim() < 1 || x.ndim() > 2) value_error("stft", "the signal must be [n] or [batch, n]; got shape=", x.shape());
  if (!is_differentiable(x.dtype())) type_error("stft", "needs a floating or complex signal; got dtype=", x.dtype());
  settle("stft", x, n_fft, o, !is_complex(x.dtype()));
  Tensor y = x;
  if (o.center) {
    const std::int64_t margin = n_fft / 2;
    if (o.pad_mode == Pad::reflect && margin >= x.size(-1))
      value_error("stft", "reflecting needs a signal longer than n_fft / 2; got n=", x.size(-1), ", n_fft=", n_fft);
    y = pad(y, {margin, margin}, o.pad_mode);
  }
  if (y.size(-1) < n_fft) value_error("stft", "the signal must not be shorter than a frame; got n=", y.size(-1), ", n_fft=", n_fft);
  const Tensor frames = unfold(y, -1, n_fft, o.hop_length) * frame_window(x, n_fft, o);  // [..., frames, n_fft]
  const Tensor spectra = o.sides == Sides::one ? fft::rfft(frames, -1, -1, norm_of(o.normalized)) : fft::fft(frames, -1, -1, norm_of(o.normalized));
  const Tensor result = transpose(spectra, -1, -2);
  return o.return_complex ? result : view_as_real(result.contiguous());
}

Tensor istft(const Tensor& x, std::int64_t n_fft, const ISTFTOptions& options) {
  ISTFTOptions o = options;
  if (!is_complex(x.dtype())) type_error("istft", "needs complex spectra; got dtype=", x.dtype(), ". Use view_as_complex");
  if (x.ndim() < 2 || x.ndim() > 3 || x.numel() == 0)
    value_error("istft", "spectra must be [frequencies, frames] or [batch, frequencies, frames], not empty; got shape=", x.shape());
  if (o.return_complex && o.sides == Sides::automatic) o.sides = Sides::two;
  // One side or two can be told from the number of frequencies.
  if (o.sides == Sides::automatic) o.sides = x.size(-2) == n_fft && n_fft > 2 ? Sides::two : Sides::one;
  const bool complex_window = o.window.defined() && is_complex(o.window.dtype());
  settle("istft", x, n_fft, o, !o.return_complex);
  if (complex_window && !o.return_complex) type_error("istft", "a complex window gives a complex signal, which return_complex must allow");
  const std::int64_t frequencies = o.sides == Sides::one ? n_fft / 2 + 1 : n_fft, count = x.size(-1);
  if (x.size(-2) != frequencies)
    value_error("istft", "there must be ", frequencies, " frequencies for this n_fft; got shape=", x.shape(), ", n_fft=", n_fft);
  if (o.hop_length > o.win_length) value_error("istft", "windows must not leave gaps; got hop_length=", o.hop_length, ", win_length=", o.win_length);

  const Tensor spectra = transpose(x, -1, -2), window = frame_window(x, n_fft, o);
  const Tensor raw = o.sides == Sides::one ? fft::irfft(spectra, n_fft, -1, norm_of(o.normalized)) : fft::ifft(spectra, -1, -1, norm_of(o.normalized));
  const Tensor frames = (o.return_complex || o.sides == Sides::one ? raw : real(raw)) * window;  // [..., frames, n_fft]
  // Overlapped and added, as the windows' squares are.
  const std::int64_t whole = n_fft + o.hop_length * (count - 1);
  const Tensor at = reshape(unfold(arange(whole, {.dtype = int64, .device = x.device()}), 0, n_fft, o.hop_length), {-1});
  const auto added = [&](const Tensor& f) {
    Shape shape = f.shape(), flat = f.shape();
    shape.resize(f.ndim() - 1);
    shape[shape.size() - 1] = whole;
    flat.resize(f.ndim() - 1);
    flat[flat.size() - 1] = n_fft * count;
    return index_add(zeros(shape, {.dtype = f.dtype(), .device = f.device()}), -1, at, reshape(f, flat));
  };
  Shape each{count, n_fft};
  const Tensor squares = added(expand(window * window, each));
  const std::int64_t start = o.center ? n_fft / 2 : 0;
  const std::int64_t end = o.length >= 0 ? start + o.length : whole - start;
  const std::int64_t stop = end < whole ? end : whole;
  if (o.length < -1 || stop <= start) value_error("istft", "nothing is left of the signal; got length=", o.length, " of ", whole - start);
  const Tensor envelope = squares.narrow(0, start, stop - start);
  {
    const no_grad guard;
    if (min(abs(envelope.detach())).item<double>() < 1e-11)
      value_error("istft", "the windows' squares add up to 0 somewhere. Use a smaller hop_length, or center the windows");
  }
  const Tensor y = added(frames).narrow(-1, start, stop - start) / envelope;
  return end > stop ? pad(y, {0, end - stop}) : y;
}

namespace signal::windows {

namespace {

constexpr double pi = 3.14159265358979323846;

/// f(n) for n = 0 … m - 1, in float64; `span` is from the first point to the last, or to the next period's first.
template <class F>
Tensor points(const char* op, std::int64_t m, bool sym, const TensorOptions& options, const F& f) {
  if (m < 0) value_error(op, "M must not be negative; got M=", m);
  if (!is_floating(options.dtype)) type_error(op, "needs a floating dtype; got dtype=", options.dtype);
  checked_numel(op, {m}, sizeof(double));
  std::vector<double> w(static_cast<std::size_t>(m), 1.0);
  const double span = static_cast<double>(sym ? m - 1 : m);
  if (m > 1)
    for (std::size_t n = 0; n < w.size(); ++n) w[n] = f(static_cast<double>(n), span);
  return from_data(w, {m});
}
Tensor finished(const Tensor& w, const TensorOptions& options) {
  Tensor y = w.to(options.device, options.dtype);
  return options.requires_grad ? y.requires_grad_() : y;
}
template <class F>
Tensor made(const char* op, std::int64_t m, bool sym, const TensorOptions& options, const F& f) {
  return finished(points(op, m, sym, options, f), options);
}

Tensor cosines(const char* op, std::int64_t m, const std::vector<double>& a, bool sym, const TensorOptions& options) {
  if (a.empty()) value_error(op, "needs at least one coefficient");
  return made(op, m, sym, options, [&](double n, double span) {
    double sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += (k % 2 == 0 ? a[k] : -a[k]) * std::cos(2 * pi * static_cast<double>(k) * n / span);
    return sum;
  });
}

}  // namespace

Tensor bartlett(std::int64_t m, bool sym, const TensorOptions& options) {
  return made("bartlett", m, sym, options, [](double n, double span) { return 1 - std::fabs(2 * n / span - 1); });
}
Tensor blackman(std::int64_t m, bool sym, const TensorOptions& options) { return cosines("blackman", m, {0.42, 0.5, 0.08}, sym, options); }
Tensor cosine(std::int64_t m, bool sym, const TensorOptions& options) {
  return made("cosine", m, sym, options, [](double n, double span) { return std::sin(pi * (n + 0.5) / (span + 1)); });
}
Tensor hamming(std::int64_t m, bool sym, const TensorOptions& options) { return cosines("hamming", m, {0.54, 0.46}, sym, options); }
Tensor hann(std::int64_t m, bool sym, const TensorOptions& options) { return cosines("hann", m, {0.5, 0.5}, sym, options); }
Tensor nuttall(std::int64_t m, bool sym, const TensorOptions& options) {
  return cosines("nuttall", m, {0.3635819, 0.4891775, 0.1365995, 0.0106411}, sym, options);
}
Tensor exponential(std::int64_t m, double tau, double center, bool sym, const TensorOptions& options) {
  if (!(tau > 0)) value_error("exponential", "tau must be positive; got tau=", tau);
  if (sym && !std::isnan(center)) value_error("exponential", "a symmetric window has its center in the middle; got center=", center, ". Leave it out, or pass sym as false");
  return made("exponential", m, sym, options,
              [=](double n, double span) { return std::exp(-std::fabs(n - (std::isnan(center) ? 0.5 * span : center)) / tau); });
}
Tensor gaussian(std::int64_t m, double std, bool sym, const TensorOptions& options) {
  if (!(std > 0)) value_error("gaussian", "std must be positive; got std=", std);
  return made("gaussian", m, sym, options, [=](double n, double span) {
    const double z = (n - 0.5 * span) / std;
    return std::exp(-0.5 * z * z);
  });
}
Tensor general_cosine(std::int64_t m, const std::vector<double>& a, bool sym, const TensorOptions& options) {
  return cosines("general_cosine", m, a, sym, options);
}
Tensor general_hamming(std::int64_t m, double alpha, bool sym, const TensorOptions& options) {
  return cosines("general_hamming", m, {alpha, 1 - alpha}, sym, options);
}
Tensor kaiser(std::int64_t m, double beta, bool sym, const TensorOptions& options) {
  if (!(beta >= 0)) value_error("kaiser", "beta must not be negative; got beta=", beta);
  const Tensor z = points("kaiser", m, sym, options, [=](double n, double span) {
    const double t = 2 * n / span - 1;
    return beta * std::sqrt((1 - t) * (1 + t));
  });
  if (m == 1) return finished(z, options);
  // i0 in two factors: for large beta it would overflow.
  return finished(i0e(z) * exp(z - beta) / i0e(full({}, beta, {.dtype = float64})), options);
}

}  // namespace signal::windows
}  // namespace ph
