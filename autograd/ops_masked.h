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

/// Sum of what counts; 0 where nothing does.
Tensor sum(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
/// Product of what counts; 1 where nothing does.
Tensor prod(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
/// The largest of what counts; the least number of the dtype, -inf for floats, where nothing does.
Tensor amax(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
/// The smallest of what counts; the greatest number of the dtype, inf for floats, where nothing does.
Tensor amin(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
/// The first position (int64) of the largest of what counts, in x flattened or along a dim; 0 where nothing does.
Tensor argmax(const Tensor& x, const Tensor& mask);
Tensor argmax(const Tensor& x, const Tensor& mask, std::int64_t dim, bool keepdim = false);
/// The first position (int64) of the smallest of what counts, in x flattened or along a dim; 0 where nothing does.
Tensor argmin(const Tensor& x, const Tensor& mask);
Tensor argmin(const Tensor& x, const Tensor& mask, std::int64_t dim, bool keepdim = false);

/// Mean of what counts; NaN where nothing does.
Tensor mean(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
/// Variance of what counts; NaN where nothing does, or where `correction` leaves nothing to divide by and the squares are 0.
/// Unlike ph::var, the correction is 1 by default, as in PyTorch.
Tensor var(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false, double correction = 1);
/// Standard deviation of what counts: the square root of masked::var.
Tensor std(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false, double correction = 1);
/// The element in the middle of what counts, the lower one of two; NaN counts as masked. Where nothing counts: NaN, or for integers a value error.
Tensor median(const Tensor& x, const Tensor& mask, std::int64_t dim = -1, bool keepdim = false);
/// log(sum(e^x)) of what counts, without overflow; -inf where nothing does.
Tensor logsumexp(const Tensor& x, const Tensor& mask, const Shape& dims = {}, bool keepdim = false);
/// (sum |x|^p)^(1/p) of what counts; where nothing does 0, or inf for a negative p.
Tensor norm(const Tensor& x, const Tensor& mask, double p = 2, const Shape& dims = {}, bool keepdim = false);

/// Running sum along a dim; what does not count adds 0.
Tensor cumsum(const Tensor& x, const Tensor& mask, std::int64_t dim);
/// Running product along a dim; what does not count multiplies by 1.
Tensor cumprod(const Tensor& x, const Tensor& mask, std::int64_t dim);

/// e^x / sum e^x along a dim, over what counts. What does not becomes 0; where nothing does all is NaN.
Tensor softmax(const Tensor& x, const Tensor& mask, std::int64_t dim);
/// log(softmax(x)) along a dim, over what counts. What does not becomes -inf; where nothing does all is NaN.
Tensor log_softmax(const Tensor& x, const Tensor& mask, std::int64_t dim);
/// softmax(-x) along a dim, over what counts. What does not becomes 0; where nothing does all is NaN.
Tensor softmin(const Tensor& x, const Tensor& mask, std::int64_t dim);
/// x / max(|x|_p, eps), and 0 for what does not count.
Tensor normalize(const Tensor& x, const Tensor& mask, double p, std::int64_t dim, double eps = 1e-12);
/// log(e^a + e^b) without what does not count: the other one alone, or -inf.
Tensor logaddexp(const Tensor& a, const Tensor& b, const Tensor& mask_a, const Tensor& mask_b);

}  // namespace masked
}  // namespace ph
