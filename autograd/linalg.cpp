// Checks and batches of linear algebra.
#include "playhead/autograd/linalg.h"

#include <string>
#include <vector>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_linalg.h"
#include "playhead/autograd/ops_matmul.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/reducing.h"

namespace ph::detail {

Tensor matrix_operand(const char* op, const Tensor& x) {
  if (x.ndim() < 2) value_error(op, "needs matrices, at least two dimensions; got shape=", x.shape());
  if (x.dtype() == float16 || x.dtype() == bfloat16)
    type_error(op, "needs float32, float64, complex64 or complex128; got dtype=", x.dtype(), ". Convert with x.to(float32)");
  return as_float(x);
}

Tensor square_operand(const char* op, const Tensor& x) {
  Tensor y = matrix_operand(op, x);
  if (x.size(-1) != x.size(-2)) value_error(op, "needs square matrices; got shape=", x.shape());
  return y;
}

void match_dtypes(const char* op, Tensor& a, Tensor& b) {
  if (a.device() != b.device()) runtime_error(op, "tensors must be on one device; got ", a.device(), " and ", b.device(), ". Move one with x.to(device)");
  if (a.dtype() == b.dtype()) return;
  const DType t = promote(a.dtype(), b.dtype());
  a = a.to(t), b = b.to(t);
}

Shape batch_shape(const Tensor& x, int dims) { return Shape(x.shape().data(), x.ndim() - dims); }

Shape with_dims(Shape batch, std::initializer_list<std::int64_t> last) {
  for (const std::int64_t n : last) batch.push_back(n);
  return batch;
}

Tensor with_batch(const Tensor& x, const Shape& batch, int dims) {
  Shape shape = batch;
  for (int d = x.ndim() - dims; d < x.ndim(); ++d) shape.push_back(x.shape()[d]);
  return x.shape() == shape ? x : expand(x, shape);
}

Tensor row_major(const Tensor& x) { return x.is_contiguous() ? x : raw_copy(x); }

Tensor new_info(const Tensor& x, int dims) { return zeros(batch_shape(x, dims), {.dtype = int32, .device = x.device()}); }

namespace {

/// " of batch entry [1, 0]" for item number i; nothing without a batch.
std::string entry(const Shape& batch, std::int64_t i) {
  if (batch.empty()) return "";
  Shape at = batch;
  for (int d = batch.size(); d-- > 0; i /= batch[d]) at[d] = i % batch[d];
  return " of batch entry " + to_string(at);
}

}  // namespace

void require_success(const char* op, const Tensor& info, Failure failure) {
  const std::vector<std::int32_t> codes = info.cpu().to_vector<std::int32_t>();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] == 0) continue;
    const std::string where = entry(info.shape(), static_cast<std::int64_t>(i));
    if (codes[i] < 0) value_error(op, "needs finite numbers; got a NaN or an infinity in the matrix", where);
    if (failure == Failure::singular) value_error(op, "the matrix must be invertible; got a zero at pivot ", codes[i], where);
    if (failure == Failure::not_positive_definite)
      value_error(op, "the matrix must be positive definite; got a leading minor of order ", codes[i], where, " that is not");
    value_error(op, "the iteration did not converge; got ", codes[i], " values left", where);
  }
}

void require_phase_free(const char* op, const Tensor& by_phase, const Tensor& all) {
  if (by_phase.numel() == 0) return;
  const double most = max(abs(by_phase.detach())).to(float64).item<double>(), scale = max(abs(all.detach())).to(float64).item<double>();
  if (most > 1e-2 * scale)
    runtime_error(op, "the loss must not depend on the phase of complex vectors, which is arbitrary; got a derivative of ", most, " by it");
}

Tensor mirrored(const Tensor& x) {
  const Tensor half = x - diag_embed(diagonal(x, 0, -2, -1)) * 0.5;
  return half + half.mH();
}

Tensor solve_sylvester(const Tensor& x, const Tensor& b) {
  Tensor y;
  {
    const no_grad guard;
    const auto [w, v] = linalg::eigh(x);
    y = matmul(v, matmul(matmul(v.mH(), matmul(b, v)) / (w.unsqueeze(-1) + w.unsqueeze(-2)), v.mH()));
  }
  if (recording(x, b))
    record(y, "solve_sylvester", {x, b}, [x = Saved(x), y = Saved::output(y)](Backward& d) {
      const Tensor z = solve_sylvester(x(d), d.g());
      if (d.needs(1)) d[1] = z;
      if (!d.needs(0)) return;
      const Tensor h = y(d).mH();
      d[0] = neg(matmul(z, h) + matmul(h, z));
    });
  return y;
}

Tensor pinv_rule(const Tensor& y, const Tensor& x, const Tensor& g) {
  const Tensor yh = y.mH(), gh = g.mH();
  if (x.size(-2) <= x.size(-1)) {
    const Tensor k = matmul(gh, y), kyh = matmul(k, yh);
    return kyh - matmul(y, k).mH() - matmul(matmul(x, y), kyh) + matmul(matmul(yh, y), gh - matmul(k, x));
  }
  const Tensor k = matmul(y, gh), yhk = matmul(yh, k);
  return yhk - matmul(k, y).mH() + matmul(matmul(gh - matmul(x, k), y), yh) - matmul(matmul(yhk, y), x);
}

Tensor solve_factored(const char* op, const Tensor& factors, const Tensor& pivots, const Tensor& b, bool adjoint) {
  const Shape batch = broadcast_shapes(op, batch_shape(factors), batch_shape(b));
  const Tensor f = row_major(with_batch(factors.detach(), batch)), p = row_major(with_batch(pivots, batch, 1));
  Tensor y = raw_copy(with_batch(b.detach(), batch));
  kernels(y.device()).lu_solve(op, view_of(f), view_of(p), view_of(y), adjoint);
  return y;
}

Tensor permutation_of(const char* op, const Tensor& pivots, std::int64_t m, bool inverse) {
  const std::int64_t k = pivots.size(-1);
  const std::vector<std::int32_t> swaps = pivots.cpu().to_vector<std::int32_t>();
  const std::int64_t count = numel(batch_shape(pivots, 1));
  std::vector<std::int64_t> all, one(static_cast<std::size_t>(m)), back(one);
  all.reserve(static_cast<std::size_t>(count * m));
  for (std::int64_t item = 0; item < count; ++item) {
    for (std::size_t i = 0; i < one.size(); ++i) one[i] = static_cast<std::int64_t>(i);
    for (std::int64_t i = 0; i < k; ++i) {
      const std::int64_t j = swaps[static_cast<std::size_t>(item * k + i)] - 1;
      if (i >= m || j < 0 || j >= m) value_error(op, "pivots must be between 1 and the number of rows; got pivot=", j + 1, ", rows=", m);
      std::swap(one[static_cast<std::size_t>(i)], one[static_cast<std::size_t>(j)]);
    }
    if (inverse) {
      for (std::size_t i = 0; i < one.size(); ++i) back[static_cast<std::size_t>(one[i])] = static_cast<std::int64_t>(i);
      one.swap(back);
    }
    all.insert(all.end(), one.begin(), one.end());
  }
  return from_data(all, with_dims(batch_shape(pivots, 1), {m}), {.device = pivots.device()});
}

Tensor permute_rows(const Tensor& x, const Tensor& permutation) {
  const Shape batch = broadcast_shapes("permute_rows", batch_shape(x), batch_shape(permutation, 1));
  return take_along_dim(with_batch(x, batch), with_batch(permutation, batch, 1).unsqueeze(-1), -2);
}

}  // namespace ph::detail
