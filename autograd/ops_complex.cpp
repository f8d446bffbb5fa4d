// Complex numbers: ops whose derivative is not a multiple of the incoming gradient (conj, abs, sign, angle). The gradient
// of a real loss L by z = x + i y is dL/dx + i dL/dy.
#include "playhead/autograd/elementwise.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

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
  return div(x, where(equal(modulus, 0), 1, modulus));  // sign: x / |x|, 0 at 0
}

}  // namespace ph
