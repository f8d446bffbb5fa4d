// playhead.fft: Fourier transforms, with the array API's arguments.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
PH_CHOICE(fft::Norm, {"backward", fft::Norm::backward}, {"ortho", fft::Norm::ortho}, {"forward", fft::Norm::forward})
template <> struct OrNone<fft::Norm> { static constexpr const char* type = "str | None"; };

namespace {
using I = std::int64_t;
using Norm = std::optional<fft::Norm>;
using Dims = std::optional<Shape>;
using Many = Tensor (*)(const Tensor&, const Shape&, const Shape&, fft::Norm);

/// `axes=()` is no transform at all, which only complex results can be.
Tensor many(const char* op, Many f, const Tensor& x, const Dims& s, const Dims& axes, const Shape& otherwise, const Norm& norm) {
  if (axes && axes->empty()) {
    if (std::string(op) != "fftn" && std::string(op) != "ifftn") value_error(op, "needs an axis to transform; got axes=()");
    return x.to(complex_dtype(is_differentiable(x.dtype()) ? x.dtype() : default_dtype())).clone();
  }
  return f(x, s.value_or(Shape()), axes ? *axes : otherwise, norm.value_or(fft::Norm::backward));
}
}  // namespace

void define_fft() {
#define PH_ONE(name)                                                                                                  \
  function(#name, "x, /, n=None, axis=-1, norm='backward'", [](const Tensor& x, std::optional<I> n, I axis, Norm norm) { \
    if (n && *n < 1) value_error(#name, "n must be positive; got n=", *n);                                            \
    return fft::name(x, n.value_or(-1), axis, norm.value_or(fft::Norm::backward));                                    \
  });
#define PH_TWO(name)                                                                                                          \
  function(#name, "x, /, s=None, axes=None, norm='backward'",                                                                 \
           [](const Tensor& x, const Dims& s, const Dims& axes, Norm norm) { return many(#name, &fft::name, x, s, axes, {-2, -1}, norm); });
#define PH_MANY(name)                                                                                                         \
  function(#name, "x, /, s=None, axes=None, norm='backward'",                                                                 \
           [](const Tensor& x, const Dims& s, const Dims& axes, Norm norm) { return many(#name, &fft::name, x, s, axes, {}, norm); });
  PH_ONE(fft) PH_ONE(ifft) PH_ONE(rfft) PH_ONE(irfft) PH_ONE(hfft) PH_ONE(ihfft)
  PH_TWO(fft2) PH_TWO(ifft2) PH_TWO(rfft2) PH_TWO(irfft2) PH_TWO(hfft2) PH_TWO(ihfft2)
  PH_MANY(fftn) PH_MANY(ifftn) PH_MANY(rfftn) PH_MANY(irfftn) PH_MANY(hfftn) PH_MANY(ihfftn)
#undef PH_ONE
#undef PH_TWO
#undef PH_MANY
  function("fftshift", "x, /, axes=None", [](const Tensor& x, const Dims& axes) { return axes && axes->empty() ? x.clone() : fft::fftshift(x, axes.value_or(Shape())); });
  function("ifftshift", "x, /, axes=None", [](const Tensor& x, const Dims& axes) { return axes && axes->empty() ? x.clone() : fft::ifftshift(x, axes.value_or(Shape())); });
  function("fftfreq", "n, /, d=1.0, *, dtype=None, device=None, requires_grad=False",
           [](I n, double d, const MaybeDType& dtype, const MaybeDevice& device, bool grad) { return fft::fftfreq(n, d, options(dtype, device, grad)); });
  function("rfftfreq", "n, /, d=1.0, *, dtype=None, device=None, requires_grad=False",
           [](I n, double d, const MaybeDType& dtype, const MaybeDevice& device, bool grad) { return fft::rfftfreq(n, d, options(dtype, device, grad)); });
}

}  // namespace ph::python
