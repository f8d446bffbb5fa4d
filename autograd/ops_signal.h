// Signals: the short-time Fourier transform and back, and namespace ph::signal::windows. Names and meaning are PyTorch's.
#pragma once
#include "playhead/tensor/api.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// Whether a spectrum is whole or, as that of a real signal can be, its first half; `automatic`: whichever the signal allows.
enum class Sides : std::uint8_t { automatic, one, two };

struct STFTOptions {
  std::int64_t hop_length = 0;      ///< from one frame to the next; 0: n_fft / 4
  std::int64_t win_length = 0;      ///< 0: n_fft. A shorter window stands in the middle of its frame
  Tensor window = {};               ///< [win_length]; undefined: ones
  bool center = true;               ///< frame t is around t hop_length, the signal being padded, and does not begin there
  Pad pad_mode = Pad::reflect;      ///< with what
  bool normalized = false;          ///< both ways times 1 / sqrt(n_fft)
  Sides sides = Sides::automatic;
  bool return_complex = true;       ///< else real and imaginary parts as a last dim
};
struct ISTFTOptions {
  std::int64_t hop_length = 0, win_length = 0;
  Tensor window = {};
  bool center = true, normalized = false;
  Sides sides = Sides::automatic;
  std::int64_t length = -1;         ///< of the result; -1: what the frames cover
  bool return_complex = false;      ///< a complex signal, from whole spectra
};

/// The spectra of windows of n_fft points along a signal x, [n] or [batch, n]: [..., frequencies, frames]. Float32, float64, or
/// complex, which gives whole spectra only. Gradients of any order, for the window too.
Tensor stft(const Tensor& x, std::int64_t n_fft, const STFTOptions& options = {});
/// The signal whose short-time transform is nearest to x, [..., frequencies, frames] complex: overlapped, added, and divided by
/// the windows' squares, which must nowhere add up to 0.
Tensor istft(const Tensor& x, std::int64_t n_fft, const ISTFTOptions& options = {});

namespace signal {
namespace windows {

/// A window of m points, computed in float64. Symmetric, or without `sym` one period of a window of m + 1: for spectra.
Tensor bartlett(std::int64_t m, bool sym = true, const TensorOptions& options = {});
Tensor blackman(std::int64_t m, bool sym = true, const TensorOptions& options = {});
Tensor cosine(std::int64_t m, bool sym = true, const TensorOptions& options = {});
Tensor hamming(std::int64_t m, bool sym = true, const TensorOptions& options = {});
Tensor hann(std::int64_t m, bool sym = true, const TensorOptions& options = {});
Tensor nuttall(std::int64_t m, bool sym = true, const TensorOptions& options = {});
/// A window of m points e^(-|n - center| / tau). A symmetric one has its center in the middle, as has any without one (NaN).
Tensor exponential(std::int64_t m, double tau = 1, double center = __builtin_nan(""), bool sym = true, const TensorOptions& options = {});
/// A window of m points e^(-(n - center)^2 / (2 std^2)).
Tensor gaussian(std::int64_t m, double std = 1, bool sym = true, const TensorOptions& options = {});
/// A window of m points a[0] - a[1] cos(phase) + a[2] cos(2 phase) - …
Tensor general_cosine(std::int64_t m, const std::vector<double>& a, bool sym = true, const TensorOptions& options = {});
/// A window of m points alpha - (1 - alpha) cos(phase).
Tensor general_hamming(std::int64_t m, double alpha = 0.54, bool sym = true, const TensorOptions& options = {});
/// A window of m points i0(beta sqrt(1 - t^2)) / i0(beta) for t from -1 to 1.
Tensor kaiser(std::int64_t m, double beta = 12, bool sym = true, const TensorOptions& options = {});

}  // namespace windows
}  // namespace signal
}  // namespace ph
