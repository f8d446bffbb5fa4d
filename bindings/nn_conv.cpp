// Convolution and window layers, pooling, padding, resizing. One call of `layer` each.
#include "bindings/choices.h"
#include "bindings/nn.h"

namespace ph::python {
namespace {
enum class PaddingMode { zeros, reflect, replicate, circular };
}  // namespace
PH_CHOICE(PaddingMode, {"zeros", PaddingMode::zeros}, {"reflect", PaddingMode::reflect}, {"replicate", PaddingMode::replicate}, {"circular", PaddingMode::circular})

namespace {
using I = std::int64_t;
/// `n` numbers, as PyTorch's convolutions keep them.
PerDim full_length(const PerDim& v, int n) { return v.values().size() == 1 ? PerDim(Shape::filled(n, v.values()[0])) : v; }
Pad pad_of(PaddingMode m) {
  return m == PaddingMode::zeros ? Pad::constant : m == PaddingMode::reflect ? Pad::reflect : m == PaddingMode::replicate ? Pad::replicate : Pad::circular;
}

/// A pooling layer that may also say where it found what.
template <class P> struct WithIndices : P {
  WithIndices(P p, bool on) : P(std::move(p)), return_indices(on) {}
  bool return_indices;
  nn::Module* copy() const override { return new WithIndices(*this); }
};
template <class P> Object pooled(WithIndices<P>& m, const Tensor& x) {
  MaxPoolResult r;
  {
    const Unlocked unlocked(x.numel() > unlock_above);
    if (m.return_indices) r = m.with_indices(x);
    else r.values = m.forward(x);
  }
  if (!m.return_indices) return checked(wrap(std::move(r.values)));
  return checked(Into<std::vector<Tensor>>::get({std::move(r.values), std::move(r.indices)}));
}
template <class P> WithIndices<P> with_indices(P p, bool on) { return {std::move(p), on}; }
using MaybeSize = std::optional<PerDim>;

}  // namespace

void define_conv_layers() {
#define PH_CONV(n)                                                                                                                                         \
  layer<nn::Conv##n##d>("Conv" #n "d", "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', device=None, dtype=None", \
      "=in_channels, =out_channels, kernel_size, stride, padding?, dilation?, groups?, bias?, padding_mode?",                                              \
      [](I in, I out, const PerDim& kernel, const PerDim& stride, const ConvPadding& padding, const PerDim& dilation, I groups, bool bias, PaddingMode mode, MaybeDevice d, MaybeDType t) { \
        return placed(nn::Conv##n##d(in, out, kernel, {.stride = full_length(stride, n), .padding = padding, .dilation = full_length(dilation, n), .groups = groups, \
                                                       .bias = bias, .padding_mode = pad_of(mode), .dtype = dtype_or_default(t)}), d);                      \
      })                                                                                                                                                   \
      .field("in_channels", [](nn::Conv##n##d& m) { return m.weight.size(1) * m.options.groups; })                                                         \
      .field("out_channels", [](nn::Conv##n##d& m) { return m.weight.size(0); })                                                                           \
      .field("kernel_size", [](nn::Conv##n##d& m) { return Shape(m.weight.shape().data() + 2, n); })                                                       \
      .field("stride", [](nn::Conv##n##d& m) -> PerDim& { return m.options.stride; })                                                                      \
      .field("dilation", [](nn::Conv##n##d& m) -> PerDim& { return m.options.dilation; })                                                                  \
      .field("groups", [](nn::Conv##n##d& m) -> I& { return m.options.groups; });                                                                          \
  layer<nn::ConvTranspose##n##d>("ConvTranspose" #n "d",                                                                                                   \
      "in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', device=None, dtype=None", \
      "=in_channels, =out_channels, kernel_size, stride, padding?, dilation?, output_padding?, groups?, bias?",                                            \
      [](I in, I out, const PerDim& kernel, const PerDim& stride, const PerDim& padding, const PerDim& extra, I groups, bool bias, const PerDim& dilation, PaddingMode mode, MaybeDevice d, MaybeDType t) { \
        if (mode != PaddingMode::zeros) value_error("ConvTranspose" #n "d", "padding_mode must be 'zeros'");                                               \
        return placed(nn::ConvTranspose##n##d(in, out, kernel, {.stride = full_length(stride, n), .padding = full_length(padding, n), .output_padding = full_length(extra, n), \
                                                                .groups = groups, .bias = bias, .dilation = full_length(dilation, n), .dtype = dtype_or_default(t)}), d); \
      })                                                                                                                                                   \
      .field("in_channels", [](nn::ConvTranspose##n##d& m) { return m.weight.size(0); })                                                                   \
      .field("out_channels", [](nn::ConvTranspose##n##d& m) { return m.weight.size(1) * m.options.groups; })                                               \
      .field("kernel_size", [](nn::ConvTranspose##n##d& m) { return Shape(m.weight.shape().data() + 2, n); })                                              \
      .field("stride", [](nn::ConvTranspose##n##d& m) -> PerDim& { return m.options.stride; })                                                             \
      .field("padding", [](nn::ConvTranspose##n##d& m) -> PerDim& { return m.options.padding; })                                                           \
      .field("output_padding", [](nn::ConvTranspose##n##d& m) -> PerDim& { return m.options.output_padding; })                                             \
      .field("dilation", [](nn::ConvTranspose##n##d& m) -> PerDim& { return m.options.dilation; })                                                         \
      .field("groups", [](nn::ConvTranspose##n##d& m) -> I& { return m.options.groups; })                                                                  \
      .forward("input, output_size=None", [](nn::ConvTranspose##n##d& m, const Tensor& x, const std::optional<Shape>& size) {                              \
        return size ? static_cast<nn::ConvTransposeLayer&>(m).forward(x, *size) : m(x);                                                                    \
      });
  PH_CONV(1)
  PH_CONV(2)
  PH_CONV(3)
#undef PH_CONV
#define PH_WINDOW(Name)                                                            \
      .field("kernel_size", [](nn::Name& m) -> PerDim& { return m.kernel; })       \
      .field("dilation", [](nn::Name& m) -> PerDim& { return m.options.dilation; }) \
      .field("padding", [](nn::Name& m) -> PerDim& { return m.options.padding; })  \
      .field("stride", [](nn::Name& m) -> PerDim& { return m.options.stride; })
  layer<nn::Unfold>("Unfold", "kernel_size, dilation=1, padding=0, stride=1", "kernel_size, dilation, padding, stride",
                    [](const PerDim& kernel, const PerDim& dilation, const PerDim& padding, const PerDim& stride) {
                      return nn::Unfold(kernel, {.dilation = dilation, .padding = padding, .stride = stride});
                    }) PH_WINDOW(Unfold);
  layer<nn::Fold>("Fold", "output_size, kernel_size, dilation=1, padding=0, stride=1", "output_size, kernel_size, dilation, padding, stride",
                  [](const PerDim& size, const PerDim& kernel, const PerDim& dilation, const PerDim& padding, const PerDim& stride) {
                    return nn::Fold(size, kernel, {.dilation = dilation, .padding = padding, .stride = stride});
                  }) PH_WINDOW(Fold)
      .field("output_size", [](nn::Fold& m) -> PerDim& { return m.size; });
#undef PH_WINDOW
  layer<nn::Upsample>("Upsample", "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None", "size?, scale_factor?, mode",
                      [](const std::optional<Shape>& size, const std::optional<Factors>& factor, Resample mode, std::optional<bool> corners, std::optional<bool> again) {
                        return nn::Upsample({.size = size ? *size : Shape(), .scale_factor = factor ? factor->values : std::vector<double>(), .mode = mode, .align_corners = corners.value_or(false),
                                             .recompute_scale_factor = again.value_or(false)});
                      });
}

void define_pool_layers() {
#define PH_POOL(n)                                                                                                                                      \
  layer<WithIndices<nn::MaxPool##n##d>>("MaxPool" #n "d", "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False",      \
      "kernel_size, stride, padding, dilation, ceil_mode",                                                                                              \
      [](const PerDim& kernel, const MaybeSize& stride, const PerDim& padding, const PerDim& dilation, bool indices, bool ceil) {                       \
        return with_indices(nn::MaxPool##n##d(kernel, {.stride = stride ? *stride : kernel, .padding = padding, .dilation = dilation, .ceil_mode = ceil}), indices); \
      })                                                                                                                                                \
      .field("kernel_size", [](WithIndices<nn::MaxPool##n##d>& m) -> PerDim& { return m.kernel; })                                                      \
      .field("stride", [](WithIndices<nn::MaxPool##n##d>& m) -> PerDim& { return m.options.stride; })                                                   \
      .field("padding", [](WithIndices<nn::MaxPool##n##d>& m) -> PerDim& { return m.options.padding; })                                                 \
      .field("dilation", [](WithIndices<nn::MaxPool##n##d>& m) -> PerDim& { return m.options.dilation; })                                               \
      .field("return_indices", [](WithIndices<nn::MaxPool##n##d>& m) -> bool& { return m.return_indices; })                                             \
      .field("ceil_mode", [](WithIndices<nn::MaxPool##n##d>& m) -> bool& { return m.options.ceil_mode; })                                               \
      .forward("input", [](WithIndices<nn::MaxPool##n##d>& m, const Tensor& x) { return pooled(m, x); });                                               \
  layer<nn::AvgPool##n##d>("AvgPool" #n "d", "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None",      \
      "kernel_size, stride, padding",                                                                                                                   \
      [](const PerDim& kernel, const MaybeSize& stride, const PerDim& padding, bool ceil, bool pad, std::optional<I> divisor) {                         \
        if (divisor && *divisor == 0) value_error("AvgPool" #n "d", "divisor_override must not be 0");                                                  \
        return nn::AvgPool##n##d(kernel, {.stride = stride ? *stride : kernel, .padding = padding, .ceil_mode = ceil, .count_include_pad = pad, .divisor_override = divisor.value_or(0)}); \
      })                                                                                                                                                \
      .field("kernel_size", [](nn::AvgPool##n##d& m) -> PerDim& { return m.kernel; })                                                                   \
      .field("stride", [](nn::AvgPool##n##d& m) -> PerDim& { return m.options.stride; })                                                                \
      .field("padding", [](nn::AvgPool##n##d& m) -> PerDim& { return m.options.padding; })                                                              \
      .field("ceil_mode", [](nn::AvgPool##n##d& m) -> bool& { return m.options.ceil_mode; })                                                            \
      .field("count_include_pad", [](nn::AvgPool##n##d& m) -> bool& { return m.options.count_include_pad; });                                           \
  layer<nn::LPPool##n##d>("LPPool" #n "d", "norm_type, kernel_size, stride=None, ceil_mode=False", "norm_type, kernel_size, stride, ceil_mode",          \
      [](double p, const PerDim& kernel, const MaybeSize& stride, bool ceil) { return nn::LPPool##n##d(p, kernel, {.stride = stride ? *stride : kernel, .ceil_mode = ceil}); }) \
      .field("norm_type", [](nn::LPPool##n##d& m) -> double& { return m.p; })                                                                           \
      .field("kernel_size", [](nn::LPPool##n##d& m) -> PerDim& { return m.kernel; })                                                                    \
      .field("stride", [](nn::LPPool##n##d& m) -> PerDim& { return m.options.stride; })                                                                 \
      .field("ceil_mode", [](nn::LPPool##n##d& m) -> bool& { return m.options.ceil_mode; });                                                            \
  layer<WithIndices<nn::AdaptiveMaxPool##n##d>>("AdaptiveMaxPool" #n "d", "output_size, return_indices=False", "output_size",                            \
      [](const PerDim& size, bool indices) { return with_indices(nn::AdaptiveMaxPool##n##d(size), indices); })                                          \
      .field("output_size", [](WithIndices<nn::AdaptiveMaxPool##n##d>& m) -> PerDim& { return m.size; })                                                \
      .field("return_indices", [](WithIndices<nn::AdaptiveMaxPool##n##d>& m) -> bool& { return m.return_indices; })                                     \
      .forward("input", [](WithIndices<nn::AdaptiveMaxPool##n##d>& m, const Tensor& x) { return pooled(m, x); });                                       \
  layer<nn::AdaptiveAvgPool##n##d>("AdaptiveAvgPool" #n "d", "output_size", "output_size", [](const PerDim& size) { return nn::AdaptiveAvgPool##n##d(size); }) \
      .field("output_size", [](nn::AdaptiveAvgPool##n##d& m) -> PerDim& { return m.size; });                                                            \
  layer<nn::MaxUnpool##n##d>("MaxUnpool" #n "d", "kernel_size, stride=None, padding=0", "kernel_size, stride, padding",                                  \
      [](const PerDim& kernel, const MaybeSize& stride, const PerDim& padding) { return nn::MaxUnpool##n##d(kernel, {.stride = stride ? *stride : kernel, .padding = padding}); }) \
      .field("kernel_size", [](nn::MaxUnpool##n##d& m) -> PerDim& { return m.kernel; })                                                                 \
      .field("stride", [](nn::MaxUnpool##n##d& m) -> PerDim& { return m.options.stride; })                                                              \
      .field("padding", [](nn::MaxUnpool##n##d& m) -> PerDim& { return m.options.padding; })                                                            \
      .forward("input, indices, output_size=None", [](nn::MaxUnpool##n##d& m, const Tensor& x, const Tensor& indices, const std::optional<Shape>& size) { \
        if (!size) return m(x, indices);                                                                                                                \
        nn::MaxUnpool##n##d to(m);                                                                                                                      \
        to.options.size = size->size() > n ? Shape(size->end() - n, n) : *size;                                                                         \
        return to(x, indices);                                                                                                                          \
      });
  PH_POOL(1)
  PH_POOL(2)
  PH_POOL(3)
#undef PH_POOL
#define PH_FRACTIONAL(n)                                                                                                                        \
  layer<WithIndices<nn::FractionalMaxPool##n##d>>("FractionalMaxPool" #n "d", "kernel_size, output_size=None, output_ratio=None, return_indices=False", "kernel_size", \
      [](const PerDim& kernel, const std::optional<Shape>& size, const std::optional<Factors>& ratio, bool indices) {                                          \
        return with_indices(nn::FractionalMaxPool##n##d(kernel, {.size = size ? *size : Shape(), .ratio = ratio ? ratio->values : std::vector<double>()}), indices);             \
      })                                                                                                                                        \
      .field("return_indices", [](WithIndices<nn::FractionalMaxPool##n##d>& m) -> bool& { return m.return_indices; })                           \
      .forward("input", [](WithIndices<nn::FractionalMaxPool##n##d>& m, const Tensor& x) { return pooled(m, x); });
  PH_FRACTIONAL(2)
  PH_FRACTIONAL(3)
#undef PH_FRACTIONAL
#define PH_PAD(Name) layer<nn::Name>(#Name, "padding", "=padding", [](const PerDim& p) { return nn::Name(p); }).field("padding", [](nn::Name& m) { return m.margins; });
#define PH_PADS(n)                                                                                                                             \
  PH_PAD(ZeroPad##n##d) PH_PAD(ReflectionPad##n##d) PH_PAD(ReplicationPad##n##d) PH_PAD(CircularPad##n##d)                                     \
  layer<nn::ConstantPad##n##d>("ConstantPad" #n "d", "padding, value", "padding, value", [](const PerDim& p, double v) { return nn::ConstantPad##n##d(p, v); }) \
      .field("padding", [](nn::ConstantPad##n##d& m) { return m.margins; })                                                                    \
      .field("value", [](nn::ConstantPad##n##d& m) -> double& { return m.value; });
  PH_PADS(1)
  PH_PADS(2)
  PH_PADS(3)
#undef PH_PADS
#undef PH_PAD
}

}  // namespace ph::python
