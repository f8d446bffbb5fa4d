// Discrete Fourier transforms, namespace ph::fft: names and meaning of the array API standard and NumPy.
//
// float32, float64, complex64, complex128; integers and bool are promoted to the default float, 16-bit floats are a type
// error. `n` or an entry of `s` crops or fills up with zeros to that length; -1 keeps what is there. `dims` may be
// negative; left out they are all dims, or the last ones that `s` has entries for. Derivatives of any order.
#pragma once
#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {
namespace fft {

/// Which way is divided by the number of points: the inverse, both by its root, or the forward one.
enum class Norm : std::uint8_t { backward, ortho, forward };

// --- complex results ------------------------------------------------------------------------------------------------------
/// The discrete Fourier transform (i: its inverse) along one dim (2: two, n: any) of a real or complex x, cropped or filled up with
/// zeros to n points (s: for each dim). Complex; derivatives of any order.
Tensor fft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
Tensor ifft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
Tensor fft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
Tensor ifft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
Tensor fftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);
Tensor ifftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);

// --- real signals ------------------------------------------------------------------------------------------------------------
/// The Fourier transform of a real x: of the last dim, which has n points, the spectrum holds the first n / 2 + 1 values.
Tensor rfft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
Tensor rfft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
Tensor rfftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);
/// Back to a real signal of n points, 2 (m - 1) for m values when n is -1. Imaginary parts that a real signal cannot have (of
/// the first value, and of the last for even n) are not looked at.
Tensor irfft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
Tensor irfft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
Tensor irfftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);

// --- real spectra --------------------------------------------------------------------------------------------------------------
/// The real spectrum of n points of a signal whose second half is the first one's conjugate and is left out.
Tensor hfft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
Tensor hfft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
Tensor hfftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);
/// The inverse of hfft, 2 or n: half of the Hermitian signal that has the real spectrum x.
Tensor ihfft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
Tensor ihfft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
Tensor ihfftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);

// --- frequencies -----------------------------------------------------------------------------------------------------------
/// Frequency 0 moved to the middle of `dims` (all without them), and back.
Tensor fftshift(const Tensor& x, const Shape& dims = {});
Tensor ifftshift(const Tensor& x, const Shape& dims = {});
/// The frequencies of fft's n values, and of rfft's, for samples `d` apart. Floating.
Tensor fftfreq(std::int64_t n, double d = 1, const TensorOptions& options = {});
Tensor rfftfreq(std::int64_t n, double d = 1, const TensorOptions& options = {});

}  // namespace fft
}  // namespace ph
