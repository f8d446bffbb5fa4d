// Convolution, pooling, and images at other sizes and places, as functions. In nn.functional im2col is called unfold.
#include "bindings/choices.h"
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {

PH_CHOICE(GridPadding, {"zeros", GridPadding::zeros}, {"border", GridPadding::border}, {"reflection", GridPadding::reflection})

namespace {
using I = std::int64_t;

/// Values, and indices if they were asked for.
struct Pooled {
  MaxPoolResult result;
  bool indices;
};
/// Sizes of which some may be None: those of x.
struct OutputSize {
  Shape sizes;  // -1 for None
  PerDim of(const Tensor& x) const {
    Shape s = sizes;
    for (int d = 0; d < s.size(); ++d)
      if (s[d] == -1 && x.ndim() >= s.size()) s[d] = x.shape()[x.ndim() - s.size() + d];
    return s;
  }
};

/// f(item) for o itself, or for each of its items if it is a sequence.
template <class F>
void each_item(PyObject* o, const Arg& a, const char* thing, const F& f) {
  if (!PyTuple_Check(o) && !PyList_Check(o)) {
    if (!is_number(o)) wrong_argument(a, thing, o);
    return f(o);
  }
  for (Py_ssize_t i = 0, n = PySequence_Fast_GET_SIZE(o); i < n; ++i) f(PySequence_Fast_GET_ITEM(o, i));
}

PerDim or_kernel(const std::optional<PerDim>& stride) { return stride ? *stride : PerDim(0); }
/// The last n of the sizes, which may be all of the result's.
Shape last(const std::optional<Shape>& size, int n) {
  if (!size || size->size() <= n) return size.value_or(Shape());
  return Shape(size->data() + size->size() - n, n);
}
}  // namespace

template <> struct From<OutputSize> {
  static constexpr const char* type = "int | Sequence[int | None]";
  static OutputSize get(PyObject* o, const Arg& a) {
    OutputSize s;
    each_item(o, a, "an int, or a tuple of ints or None", [&](PyObject* item) {
      const I n = item == Py_None ? -1 : to_int(item, a);
      if (n < 0 && item != Py_None) value_error(a.op, a.name, " must not be negative; got ", n);
      s.sizes.push_back(n);
    });
    return s;
  }
};
template <> struct Into<Pooled> {
  static constexpr const char* type = "Tensor | tuple[Tensor, Tensor]";
  static PyObject* get(Pooled&& p) {
    if (!p.indices) return wrap(std::move(p.result.values));
    return Into<std::vector<Tensor>>::get({std::move(p.result.values), std::move(p.result.indices)});
  }
};

void define_conv() {
#define PH_CONV(n)                                                                                                                                  \
  function("conv" #n "d", "x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1",                                                        \
           [](const Tensor& x, const Tensor& w, const MaybeTensor& b, const PerDim& stride, const ConvPadding& padding, const PerDim& dilation, I groups) { \
             return conv##n##d(x, w, b, {.stride = stride, .padding = padding, .dilation = dilation, .groups = groups});                            \
           });                                                                                                                                      \
  function("conv_transpose" #n "d", "x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1",                            \
           [](const Tensor& x, const Tensor& w, const MaybeTensor& b, const PerDim& stride, const PerDim& padding, const PerDim& extra, I groups, const PerDim& dilation) { \
             return conv_transpose##n##d(x, w, b, {.stride = stride, .padding = padding, .output_padding = extra, .dilation = dilation, .groups = groups}); \
           });
  PH_CONV(1)
  PH_CONV(2)
  PH_CONV(3)
#undef PH_CONV
  function("im2col", "x, kernel_size, dilation=1, padding=0, stride=1", [](const Tensor& x, const PerDim& k, const PerDim& dilation, const PerDim& padding, const PerDim& stride) {
    return im2col(x, k, {.dilation = dilation, .padding = padding, .stride = stride});
  });
  function("fold", "x, output_size, kernel_size, dilation=1, padding=0, stride=1",
           [](const Tensor& x, const PerDim& size, const PerDim& k, const PerDim& dilation, const PerDim& padding, const PerDim& stride) {
             return fold(x, size, k, {.dilation = dilation, .padding = padding, .stride = stride});
           });
}

void define_pool() {
#define PH_POOL(n)                                                                                                                                          \
  function("max_pool" #n "d", "x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False",                                  \
           [](const Tensor& x, const PerDim& k, const std::optional<PerDim>& stride, const PerDim& padding, const PerDim& dilation, bool ceil, bool indices) { \
             return Pooled{max_pool##n##d_with_indices(x, k, {.stride = or_kernel(stride), .padding = padding, .dilation = dilation, .ceil_mode = ceil}), indices}; \
           });                                                                                                                                              \
  function("lp_pool" #n "d", "x, norm_type, kernel_size, stride=None, ceil_mode=False",                                                                     \
           [](const Tensor& x, double p, const PerDim& k, const std::optional<PerDim>& stride, bool ceil) {                                                 \
             return lp_pool##n##d(x, p, k, {.stride = or_kernel(stride), .ceil_mode = ceil});                                                               \
           });                                                                                                                                              \
  function("adaptive_avg_pool" #n "d", "x, output_size", [](const Tensor& x, const OutputSize& s) { return adaptive_avg_pool##n##d(x, s.of(x)); });         \
  function("adaptive_max_pool" #n "d", "x, output_size, return_indices=False",                                                                              \
           [](const Tensor& x, const OutputSize& s, bool indices) { return Pooled{adaptive_max_pool##n##d_with_indices(x, s.of(x)), indices}; });           \
  function("max_unpool" #n "d", "x, indices, kernel_size, stride=None, padding=0, output_size=None",                                                        \
           [](const Tensor& x, const Tensor& at, const PerDim& k, const std::optional<PerDim>& stride, const PerDim& padding, const std::optional<Shape>& size) { \
             return max_unpool##n##d(x, at, k, {.stride = or_kernel(stride), .padding = padding, .size = last(size, n)});                                   \
           });
  PH_POOL(1)
  PH_POOL(2)
  PH_POOL(3)
#undef PH_POOL
  function("avg_pool1d", "x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True",
           [](const Tensor& x, const PerDim& k, const std::optional<PerDim>& stride, const PerDim& padding, bool ceil, bool count) {
             return avg_pool1d(x, k, {.stride = or_kernel(stride), .padding = padding, .ceil_mode = ceil, .count_include_pad = count});
           });
#define PH_POOL(n)                                                                                                                                     \
  function("avg_pool" #n "d", "x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None",                \
           [](const Tensor& x, const PerDim& k, const std::optional<PerDim>& stride, const PerDim& padding, bool ceil, bool count, std::optional<I> divisor) { \
             if (divisor && *divisor == 0) value_error("avg_pool" #n "d", "divisor_override must not be 0");                                           \
             return avg_pool##n##d(x, k, {.stride = or_kernel(stride), .padding = padding, .ceil_mode = ceil, .count_include_pad = count,              \
                                          .divisor_override = divisor.value_or(0)});                                                                   \
           });                                                                                                                                         \
  function("fractional_max_pool" #n "d", "x, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None",            \
           [](const Tensor& x, const PerDim& k, const std::optional<Shape>& size, const std::optional<Factors>& ratio, bool indices, const MaybeTensor& u) { \
             return Pooled{fractional_max_pool##n##d_with_indices(x, k, {.size = size.value_or(Shape()), .ratio = ratio ? ratio->values : std::vector<double>(), \
                                                                         .random_samples = u}), indices};                                              \
           });
  PH_POOL(2)
  PH_POOL(3)
#undef PH_POOL
}

void define_resample() {
  function("interpolate", "x, size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None, antialias=False",
           [](const Tensor& x, const std::optional<Shape>& size, const std::optional<Factors>& factor, Resample mode, std::optional<bool> corners,
              std::optional<bool> recompute, bool antialias) {
             return interpolate(x, {.size = size.value_or(Shape()), .scale_factor = factor ? factor->values : std::vector<double>(), .mode = mode,
                                    .align_corners = corners.value_or(false), .recompute_scale_factor = recompute.value_or(false), .antialias = antialias});
           });
  function("grid_sample", "x, grid, mode='bilinear', padding_mode='zeros', align_corners=None",
           [](const Tensor& x, const Tensor& grid, Resample mode, GridPadding padding, std::optional<bool> corners) {
             return grid_sample(x, grid, {.mode = mode, .padding = padding, .align_corners = corners.value_or(false)});
           });
  function("affine_grid", "theta, size, align_corners=None",
           [](const Tensor& theta, const Shape& size, std::optional<bool> corners) { return affine_grid(theta, size, corners.value_or(false)); });
}

}  // namespace ph::python
