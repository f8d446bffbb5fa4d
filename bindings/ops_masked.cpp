// playhead.masked: the ops of torch.masked. The mask comes last, by keyword, and may be None.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {

namespace {
using I = std::int64_t;
Tensor cast(const Tensor& x, const MaybeDType& dtype) { return dtype ? x.to(*dtype) : x; }
}  // namespace

void define_masked() {
#define PH_REDUCTION(name)                                                                                     \
  function(#name, "input, dim=None, *, keepdim=False, dtype=None, mask=None",                                  \
           [](const Tensor& x, const Axes& dim, bool keep, const MaybeDType& t, const MaybeTensor& mask) { return masked::name(cast(x, t), mask, dim.dims, keep); });
  PH_REDUCTION(sum)
  PH_REDUCTION(prod)
  PH_REDUCTION(mean)
  PH_REDUCTION(amax)
  PH_REDUCTION(amin)
  PH_REDUCTION(logsumexp)
#undef PH_REDUCTION
#define PH_POSITION(name)                                                                                      \
  function(#name, "input, dim=None, *, keepdim=False, dtype=None, mask=None",                                  \
           [](const Tensor& x, std::optional<I> dim, bool keep, const MaybeDType& t, const MaybeTensor& mask) { \
             return dim ? masked::name(cast(x, t), mask, *dim, keep) : masked::name(cast(x, t), mask);          \
           });
  PH_POSITION(argmax)
  PH_POSITION(argmin)
#undef PH_POSITION
#define PH_SPREAD(name)                                                                                        \
  function(#name, "input, dim=None, unbiased=None, *, correction=None, keepdim=False, dtype=None, mask=None",  \
           [](const Tensor& x, const Axes& dim, std::optional<bool> unbiased, std::optional<double> correction, bool keep, const MaybeDType& t, const MaybeTensor& mask) { \
             if (unbiased && correction) value_error("masked." #name, "unbiased and correction say the same; got both");                                               \
             return masked::name(cast(x, t), mask, dim.dims, keep, correction.value_or(unbiased.value_or(true) ? 1 : 0));                                              \
           });
  PH_SPREAD(var)
  PH_SPREAD(std)
#undef PH_SPREAD
  function("median", "input, dim=-1, *, keepdim=False, dtype=None, mask=None",
           [](const Tensor& x, I dim, bool keep, const MaybeDType& t, const MaybeTensor& mask) { return masked::median(cast(x, t), mask, dim, keep); });
  function("norm", "input, ord=2.0, dim=None, *, keepdim=False, dtype=None, mask=None",
           [](const Tensor& x, double p, const Axes& dim, bool keep, const MaybeDType& t, const MaybeTensor& mask) { return masked::norm(cast(x, t), mask, p, dim.dims, keep); });
#define PH_ALONG(name) \
  function(#name, "input, dim, *, dtype=None, mask=None", [](const Tensor& x, I dim, const MaybeDType& t, const MaybeTensor& mask) { return masked::name(cast(x, t), mask, dim); });
  PH_ALONG(cumsum)
  PH_ALONG(cumprod)
  PH_ALONG(softmax)
  PH_ALONG(log_softmax)
  PH_ALONG(softmin)
#undef PH_ALONG
  function("normalize", "input, ord, dim, *, eps=1e-12, dtype=None, mask=None",
           [](const Tensor& x, double p, I dim, double eps, const MaybeDType& t, const MaybeTensor& mask) { return masked::normalize(cast(x, t), mask, p, dim, eps); });
  function("logaddexp", "input, other, *, dtype=None, input_mask=None, other_mask=None",
           [](const Tensor& a, const Tensor& b, const MaybeDType& t, const MaybeTensor& mask_a, const MaybeTensor& mask_b) {
             return masked::logaddexp(cast(a, t), cast(b, t), mask_a, mask_b);
           });
}

}  // namespace ph::python
