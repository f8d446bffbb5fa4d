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
/// The discrete Fourier transform along one dim of a real or complex x, cropped or filled up with zeros to n points. Complex.
Tensor fft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
/// The inverse of fft along one dim: the signal of n points that has the spectrum x. Complex.
Tensor ifft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
/// The discrete Fourier transform along two dims of a real or complex x, cropped or filled up with zeros to s points. Complex.
Tensor fft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
/// The inverse of fft2: the signal that has the two-dimensional spectrum x. Complex.
Tensor ifft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
/// The discrete Fourier transform along any dims of a real or complex x, cropped or filled up with zeros to s points. Complex.
Tensor fftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);
/// The inverse of fftn: the signal that has the spectrum x along several dims. Complex.
Tensor ifftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);

// --- real signals ------------------------------------------------------------------------------------------------------------
/// The Fourier transform of a real x along one dim of n points: the first n / 2 + 1 values of the spectrum, which say all of it.
Tensor rfft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
/// The Fourier transform of a real x along two dims: of the last, which has n points, the spectrum holds the first n / 2 + 1 values.
Tensor rfft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
/// The Fourier transform of a real x along any dims: of the last, which has n points, the spectrum holds the first n / 2 + 1 values.
Tensor rfftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);
/// The inverse of rfft: the real signal of n points, 2 (m - 1) for m values when n is -1. Imaginary parts that a real signal cannot have (of
/// the first value, and of the last for even n) are not looked at.
Tensor irfft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
/// The inverse of rfft2: the real signal that has the half spectrum x; s says its shape, as n does for irfft.
Tensor irfft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
/// The inverse of rfftn: the real signal that has the half spectrum x; s says its shape, as n does for irfft.
Tensor irfftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);

// --- real spectra --------------------------------------------------------------------------------------------------------------
/// The real spectrum of n points of a signal whose second half is the first one's conjugate and is left out.
Tensor hfft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
/// The real spectrum, along two dims, of a signal whose second half is the first one's conjugate and is left out.
Tensor hfft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
/// The real spectrum, along any dims, of a signal whose second half is the first one's conjugate and is left out.
Tensor hfftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);
/// The inverse of hfft: half of the Hermitian signal that has the real spectrum x.
Tensor ihfft(const Tensor& x, std::int64_t n = -1, std::int64_t dim = -1, Norm norm = Norm::backward);
/// The inverse of hfft2: half of the Hermitian signal that has the real two-dimensional spectrum x.
Tensor ihfft2(const Tensor& x, const Shape& s = {}, const Shape& dims = {-2, -1}, Norm norm = Norm::backward);
/// The inverse of hfftn: half of the Hermitian signal that has the real spectrum x along several dims.
Tensor ihfftn(const Tensor& x, const Shape& s = {}, const Shape& dims = {}, Norm norm = Norm::backward);

// --- frequencies -----------------------------------------------------------------------------------------------------------
/// A spectrum with frequency 0 moved to the middle of `dims` (all without them).
Tensor fftshift(const Tensor& x, const Shape& dims = {});
/// The inverse of fftshift: frequency 0 moved back to the start of `dims` (all without them).
Tensor ifftshift(const Tensor& x, const Shape& dims = {});
/// The frequencies of fft's n values, for samples `d` apart. Floating.
Tensor fftfreq(std::int64_t n, double d = 1, const TensorOptions& options = {});
/// The frequencies of rfft's n / 2 + 1 values, for samples `d` apart. Floating.
Tensor rfftfreq(std::int64_t n, double d = 1, const TensorOptions& options = {});

}  // namespace fft
}  // namespace ph
