// Reductions, scans and normalisations in which only the elements count where a mask is true: PyTorch's torch.masked.
//
// The mask is bool and broadcasts to x; undefined, everything counts. What does not count takes no part, whatever it holds, and has
// gradient 0. Otherwise each op is that of its name in ph; `dims` may be several, or empty for all. Derivatives of any order.
#pragma once
#include "playhead/autograd/ops_reduce.h"
#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {
namespace masked {

/// Where nothing counts: 0 and 1.
Tensor sum(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
Tensor prod(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
/// Where nothing counts: the least (greatest) number of the dtype, -inf (inf) for floats.
Tensor amax(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
Tensor amin(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
/// int64, the first position, in x flattened or along a dim; 0 where nothing counts.
Tensor argmax(const Tensor& x, const Tensor& mask);
Tensor argmax(const Tensor& x, const Tensor& mask, std::int64_t dim, bool keepdim = false);
Tensor argmin(const Tensor& x, const Tensor& mask);
Tensor argmin(const Tensor& x, const Tensor& mask, std::int64_t dim, bool keepdim = false);

/// Where nothing counts: NaN; so are var and std where `correction` leaves nothing to divide by and the squares are 0.
/// Unlike ph::var, the correction is 1 by default, as in PyTorch.
Tensor mean(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
Tensor var(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false, double correction = 1);
Tensor std(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false, double correction = 1);
/// The lower of two in the middle; NaN counts as masked. Where nothing counts: NaN, or for integers a value error.
Tensor median(const Tensor& x, const Tensor& mask, std::int64_t dim = -1, bool keepdim = false);
/// Where nothing counts: -inf.
Tensor logsumexp(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
/// Where nothing counts: 0, or inf for a negative p.
Tensor norm(const Tensor& x, const Tensor& mask, double p = 2, const Shape& dims = {}, bool keepdim = false);

/// What does not count adds 0, or multiplies by 1.
Tensor cumsum(const Tensor& x, const Tensor& mask, std::int64_t dim);
Tensor cumprod(const Tensor& x, const Tensor& mask, std::int64_t dim);

/// What does not count becomes 0 (log_softmax: -inf); where nothing counts all is NaN.
Tensor softmax(const Tensor& x, const Tensor& mask, std::int64_t dim);
Tensor log_softmax(const Tensor& x, const Tensor& mask, std::int64_t dim);
Tensor softmin(const Tensor& x, const Tensor& mask, std::int64_t dim);
/// x / max(|x|_p, eps), and 0 for what does not count.
Tensor normalize(const Tensor& x, const Tensor& mask, double p, std::int64_t dim, double eps = 1e-12);
/// log(e^a + e^b) without what does not count: the other one alone, or -inf.
Tensor logaddexp(const Tensor& a, const Tensor& b, const Tensor& mask_a, const Tensor& mask_b);

}  // namespace masked
}  // namespace ph
