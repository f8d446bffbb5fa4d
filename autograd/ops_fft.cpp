// Fourier transforms: every public one is made of three (complex to complex, real to complex and back), which are each
// other's derivatives.
#include "playhead/autograd/ops_fft.h"

#include <cmath>
#include <vector>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/fft.h"
#include "playhead/tensor/kernels.h"

namespace ph::fft {

namespace {

using Kind = FFTCall::Kind;

// --- the three --------------------------------------------------------------------------------------------------------

void run(Kind kind, const Tensor& y, const Tensor& x, const Shape& dims, bool forward, double scale) {
  std::vector<int> at(dims.begin(), dims.end());
  kernels(x.device()).fft({.kind = kind, .out = view_of(y), .in = view_of(x), .dims = at.data(), .ndims = dims.size(), .forward = forward, .scale = scale});
}

Tensor to_real(const char* op, const Tensor& x, int dim, std::int64_t n, bool forward, double scale);

Tensor complex_to_complex(const char* op, const Tensor& x, const Shape& dims, bool forward, double scale) {
  Tensor y = detail::make_tensor(x.shape(), x.dtype(), x.device());
  run(Kind::complex, y, x, dims, forward, scale);
  if (recording(x))
    record(y, op, {x}, [=](Backward& d) { d[0] = complex_to_complex(op, d.g(), dims, !forward, scale); });
  return y;
}

/// 1 for the values of a real signal's spectrum that stand for themselves, `others` for those whose conjugates are left out.
Tensor bins(std::int64_t n, int dim, int ndim, double others, const Tensor& like) {
  const std::int64_t m = n / 2 + 1;
  std::vector<double> w(static_cast<std::size_t>(m), others);
  w.front() = 1;
  if (n % 2 == 0) w.back() = 1;
  Shape shape = Shape::filled(ndim, 1);
  shape[dim] = m;
  return from_data(w, shape).to(like.device(), real_dtype(like.dtype()));
}

Tensor real_to_complex(const char* op, const Tensor& x, int dim, bool forward, double scale) {
  Shape shape = x.shape();
  const std::int64_t n = shape[dim];
  shape[dim] = n / 2 + 1;
  Tensor y = detail::make_tensor(shape, complex_dtype(x.dtype()), x.device());
  run(Kind::real, y, x, dim, forward, scale);
  // The real part of what half the values give: the whole signal that belongs to them has both halves, so twice of each.
  if (recording(x))
    record(y, op, {x}, [=](Backward& d) {
      d[0] = to_real(op, d.g() * bins(n, dim, d.g().ndim(), 0.5, d.g()), dim, n, !forward, scale);
    });
  return y;
}

Tensor to_real(const char* op, const Tensor& x, int dim, std::int64_t n, bool forward, double scale) {
  Shape shape = x.shape();
  shape[dim] = n;
  Tensor y = detail::make_tensor(shape, real_dtype(x.dtype()), x.device());
  run(Kind::to_real, y, x, dim, forward, scale);
  if (recording(x))
    record(y, op, {x}, [=](Backward& d) {
      const Tensor g = real_to_complex(op, d.g(), dim, !forward, scale);
      d[0] = g * bins(n, dim, g.ndim(), 2, g);
    });
  return y;
}

// --- what is asked ----------------------------------------------------------------------------------------------------

Tensor checked(const char* op, const Tensor& x) {
  const DType t = x.dtype();
  if (t == float16 || t == bfloat16) type_error(op, "needs 32 bits or more; got dtype=", t, ". Convert it with x.to(float32)");
  return is_differentiable(t) ? x : x.to(default_dtype() == float64 ? float64 : float32);
}
Tensor complex_input(const char* op, const Tensor& x) {
  const Tensor y = checked(op, x);
  return y.to(complex_dtype(y.dtype()));
}
Tensor real_input(const char* op, const Tensor& x) {
  if (is_complex(x.dtype())) type_error(op, "needs a real input; got dtype=", x.dtype());
  return checked(op, x);
}

/// The dims of a transform and the length of each.
struct Plan {
  Shape dims, lengths;
  int last() const { return static_cast<int>(dims.back()); }
  std::int64_t n() const { return lengths.back(); }
  Shape others() const { return Shape(dims.data(), dims.size() - 1); }
};

/// `hermitian`: x holds half of the last dim, and the length there is the result's.
Plan plan(const char* op, const Tensor& x, const Shape& s, const Shape& dims, bool hermitian = false) {
  if (!s.empty() && !dims.empty() && s.size() != dims.size())
    value_error(op, "s and dims must have one length; got s=", s, ", dims=", dims);
  if (x.ndim() == 0 && !(s.empty() && dims.empty())) index_error(op, "needs at least one dimension; got shape=[]");
  if (s.size() > x.ndim()) value_error(op, "s has more entries than x has dimensions; got s=", s, ", shape=", x.shape());
  Plan p{dims, s};
  if (dims.empty()) {
    const int k = s.empty() ? x.ndim() : s.size();
    for (int i = 0; i < k; ++i) p.dims.push_back(x.ndim() - k + i);
  }
  for (std::int64_t& d : p.dims) d = normalize_dim(op, d, x.ndim());
  for (int i = 0; i < p.dims.size(); ++i)
    for (int j = 0; j < i; ++j)
      if (p.dims[i] == p.dims[j]) value_error(op, "dims must be different; got dims=", dims);
  if (s.empty()) p.lengths = Shape::filled(p.dims.size(), -1);
  for (int i = 0; i < p.dims.size(); ++i) {
    std::int64_t& n = p.lengths[i];
    const std::int64_t there = x.shape()[static_cast<int>(p.dims[i])];
    if (n == -1) n = hermitian && i == p.dims.size() - 1 ? 2 * (there - 1) : there;
    if (n < 1) value_error(op, "a transform needs at least one point; got n=", n, " for dimension ", p.dims[i], " of size ", there);
  }
  return p;
}
Plan plan(const char* op, const Tensor& x, std::int64_t n, std::int64_t dim, bool hermitian = false) {
  return plan(op, x, Shape{n}, Shape{dim}, hermitian);
}

/// x cropped or filled up; `hermitian`: to half of the last dim.
Tensor resized(const char* op, const Tensor& x, const Plan& p, bool hermitian = false) {
  Shape pads = Shape::filled(2 * x.ndim(), 0), shape = x.shape();
  bool any = false;
  for (int i = 0; i < p.dims.size(); ++i) {
    const int d = static_cast<int>(p.dims[i]);
    const std::int64_t n = hermitian && i == p.dims.size() - 1 ? p.lengths[i] / 2 + 1 : p.lengths[i];
    pads[2 * (x.ndim() - 1 - d) + 1] = n - shape[d];
    any |= n != shape[d];
    shape[d] = n;
  }
  checked_numel(op, shape, itemsize(complex_dtype(x.dtype())));
  return any ? pad(x, pads) : x;
}

double scale_of(const Plan& p, Norm norm, bool forward) {
  if (norm == (forward ? Norm::backward : Norm::forward)) return 1;
  double n = 1;
  for (std::int64_t k : p.lengths) n *= static_cast<double>(k);
  return norm == Norm::ortho ? 1 / std::sqrt(n) : 1 / n;
}

// --- what the public ones are made of -----------------------------------------------------------------------------------

Tensor complex_transform(const char* op, const Tensor& x, const Plan& p, Norm norm, bool forward) {
  const Tensor y = resized(op, complex_input(op, x), p);
  return p.dims.empty() ? y.clone() : complex_to_complex(op, y, p.dims, forward, scale_of(p, norm, forward));
}
Tensor real_transform(const char* op, const Tensor& x, const Plan& p, Norm norm, bool forward) {
  if (p.dims.empty()) index_error(op, "needs at least one dimension; got shape=[]");
  const Tensor y = real_to_complex(op, resized(op, real_input(op, x), p), p.last(), forward, scale_of(p, norm, forward));
  return p.dims.size() == 1 ? y : complex_to_complex(op, y, p.others(), forward, 1);
}
Tensor hermitian_transform(const char* op, const Tensor& x, const Plan& p, Norm norm, bool forward) {
  if (p.dims.empty()) index_error(op, "needs at least one dimension; got shape=[]");
  Tensor y = resized(op, complex_input(op, x), p, true);
  if (p.dims.size() > 1) y = complex_to_complex(op, y, p.others(), forward, 1);
  return to_real(op, y, p.last(), p.n(), forward, scale_of(p, norm, forward));
}

Tensor shifted(const char* op, const Tensor& x, const Shape& dims, bool back) {
  Shape at = dims, by;
  if (dims.empty())
    for (int d = 0; d < x.ndim(); ++d) at.push_back(d);
  for (std::int64_t& d : at) {
    d = normalize_dim(op, d, x.ndim());
    const std::int64_t n = x.ndim() == 0 ? 1 : x.shape()[static_cast<int>(d)];
    by.push_back(back ? n - n / 2 : n / 2);
  }
  return x.ndim() == 0 ? x.clone() : roll(x, by, at);
}

}  // namespace

#define PH_ONE(name, make, forward, ...)                                                      \
  Tensor name(const Tensor& x, std::int64_t n, std::int64_t dim, Norm norm) {                 \
    return make(#name, x, plan(#name, x, n, dim __VA_OPT__(, ) __VA_ARGS__), norm, forward);  \
  }
#define PH_MANY(name, make, forward, ...)                                                     \
  Tensor name(const Tensor& x, const Shape& s, const Shape& dims, Norm norm) {                \
    return make(#name, x, plan(#name, x, s, dims __VA_OPT__(, ) __VA_ARGS__), norm, forward); \
  }
PH_ONE(fft, complex_transform, true)
PH_ONE(ifft, complex_transform, false)
PH_ONE(rfft, real_transform, true)
PH_ONE(ihfft, real_transform, false)
PH_ONE(irfft, hermitian_transform, false, true)
PH_ONE(hfft, hermitian_transform, true, true)
PH_MANY(fft2, complex_transform, true)
PH_MANY(fftn, complex_transform, true)
PH_MANY(ifft2, complex_transform, false)
PH_MANY(ifftn, complex_transform, false)
PH_MANY(rfft2, real_transform, true)
PH_MANY(rfftn, real_transform, true)
PH_MANY(ihfft2, real_transform, false)
PH_MANY(ihfftn, real_transform, false)
PH_MANY(irfft2, hermitian_transform, false, true)
PH_MANY(irfftn, hermitian_transform, false, true)
PH_MANY(hfft2, hermitian_transform, true, true)
PH_MANY(hfftn, hermitian_transform, true, true)
#undef PH_ONE
#undef PH_MANY

Tensor fftshift(const Tensor& x, const Shape& dims) { return shifted("fftshift", x, dims, false); }
Tensor ifftshift(const Tensor& x, const Shape& dims) { return shifted("ifftshift", x, dims, true); }

namespace {
Tensor frequencies(const char* op, std::int64_t first, std::int64_t end, std::int64_t n, double d, const TensorOptions& options) {
  if (n < 1) value_error(op, "n must be positive; got n=", n);
  if (d == 0) value_error(op, "samples must be apart; got d=0");
  if (!is_floating(options.dtype)) type_error(op, "needs a floating dtype; got dtype=", options.dtype);
  // Divided once, in float64: the nearest numbers of any narrower dtype.
  return (arange(first, end, {.dtype = float64, .device = options.device}) / (static_cast<double>(n) * d)).to(options.dtype);
}
}  // namespace

Tensor fftfreq(std::int64_t n, double d, const TensorOptions& options) {
  Tensor f = ifftshift(frequencies("fftfreq", -(n / 2), n - n / 2, n, d, options));
  return options.requires_grad ? f.requires_grad_() : f;
}
Tensor rfftfreq(std::int64_t n, double d, const TensorOptions& options) {
  Tensor f = frequencies("rfftfreq", 0, n / 2 + 1, n, d, options);
  return options.requires_grad ? f.requires_grad_() : f;
}

}  // namespace ph::fft
