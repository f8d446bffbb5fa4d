// Complex numbers: their parts as views, and ops whose derivative is not a multiple of the incoming gradient (conj, abs, sign,
// angle). The gradient of a real loss L by z = x + i y is dL/dx + i dL/dy.
#include "playhead/autograd/elementwise.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::make_view;
using detail::write;

// --- parts -------------------------------------------------------------------------------------------------------------

namespace {
Tensor part(const char* op, const Tensor& x, bool imaginary) {
  const DType t = real_dtype(x.dtype());
  Strides strides = x.strides();
  for (std::int64_t& s : strides) s *= 2;
  Tensor y = make_view(x, t, x.shape(), std::move(strides), imaginary ? static_cast<std::int64_t>(itemsize(t)) : 0);
  if (recording(x))
    record(y, op, {x}, [imaginary](Backward& d) {
      const Tensor zero = zeros_like(d.g());
      d[0] = imaginary ? complex(zero, d.g()) : complex(d.g(), zero);
    });
  return y;
}
}  // namespace

Tensor real(const Tensor& x) { return is_complex(x.dtype()) ? part("real", x, false) : x; }

Tensor imag(const Tensor& x) {
  if (!is_complex(x.dtype())) type_error("imag", "needs a complex tensor; got dtype=", x.dtype());
  return part("imag", x, true);
}

Tensor view_as_real(const Tensor& x) {
  if (!is_complex(x.dtype())) type_error("view_as_real", "needs a complex tensor; got dtype=", x.dtype());
  Shape shape = x.shape();
  Strides strides = x.strides();
  for (std::int64_t& s : strides) s *= 2;
  shape.push_back(2);
  strides.push_back(1);
  Tensor y = make_view(x, real_dtype(x.dtype()), std::move(shape), std::move(strides), 0);
  if (recording(x)) record(y, "view_as_real", {x}, [](Backward& d) { d[0] = view_as_complex(d.g().contiguous()); });
  return y;
}

Tensor view_as_complex(const Tensor& x) {
  if (x.dtype() != float32 && x.dtype() != float64) type_error("view_as_complex", "needs float32 or float64; got dtype=", x.dtype());
  if (x.ndim() == 0 || x.shape().back() != 2) value_error("view_as_complex", "the last dimension must have size 2; got shape=", x.shape());
  Shape shape = x.shape();
  Strides strides = x.strides();
  bool good = strides.back() == 1 && x.storage_offset() % 2 == 0;
  shape.resize(shape.size() - 1);
  strides.resize(strides.size() - 1);
  for (int d = 0; d < shape.size(); ++d) {
    good &= strides[d] % 2 == 0 || shape[d] <= 1;
    strides[d] /= 2;
  }
  if (!good) value_error("view_as_complex", "pairs must be adjacent and aligned; got strides=", x.strides(), ", offset=", x.storage_offset(), ". Use x.contiguous()");
  Tensor y = make_view(x, complex_dtype(x.dtype()), std::move(shape), std::move(strides), 0);
  if (recording(x)) record(y, "view_as_complex", {x}, [](Backward& d) { d[0] = view_as_real(d.g()); });
  return y;
}

Tensor complex(const Tensor& re, const Tensor& im) {
  if (is_complex(re.dtype()) || is_complex(im.dtype())) type_error("complex", "parts must be real; got re=", re.dtype(), ", im=", im.dtype());
  if (re.device() != im.device()) runtime_error("complex", "devices must match; got re=", re.device(), ", im=", im.device());
  const Shape shape = broadcast_shapes("complex", re.shape(), im.shape());
  const DType t = complex_dtype(promote(re.dtype(), im.dtype()));
  checked_numel("complex", shape, itemsize(t));
  Tensor y = detail::make_tensor(shape, t, re.device());
  write(part("", y, false), re.detach().expand(shape));
  write(part("", y, true), im.detach().expand(shape));
  if (recording(re, im))
    record(y, "complex", {re, im}, [](Backward& d) {
      if (d.needs(0)) d[0] = real(d.g());
      if (d.needs(1)) d[1] = imag(d.g());
    });
  return y;
}

// --- functions ---------------------------------------------------------------------------------------------------------

Tensor conj(const Tensor& x) {
  if (!is_complex(x.dtype())) return x;
  Tensor y = detail::make_tensor(x.shape(), x.dtype(), x.device());
  {
    const no_grad guard;
    kernels(x.device()).copy(view_of(y), view_of(x));
    imag(y).neg_();
  }
  if (recording(x)) record(y, "conj", {x}, [](Backward& d) { d[0] = conj(d.g()); });
  return y;
}

Tensor polar(const Tensor& abs, const Tensor& angle) { return complex(mul(abs, cos(angle)), mul(abs, sin(angle))); }

// By the real and imaginary parts, whose rows know what to do at 0.
Tensor detail::complex_row(Row row, const Tensor& x) {
  if (row == Row::angle) return atan2(imag(x), real(x));
  const Tensor modulus = hypot(real(x), imag(x));
  if (row == Row::abs) return modulus;
  // sign: x / |x|, and 0 without a sign of its own at 0
  const Tensor zero = equal(modulus, 0);
  return where(zero, 0, div(x, where(zero, 1, modulus)));
}

}  // namespace ph
