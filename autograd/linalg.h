// What the ops of linear algebra share: checks of operands, batches, and what a failed item is called. Internal.
#pragma once
#include "playhead/autograd/record.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/tensor.h"

namespace ph::detail {

/// x as an operand: a dtype that LAPACK has (integers become the default floating dtype), and matrices in the last two dims.
Tensor matrix_operand(const char* op, const Tensor& x);
Tensor square_operand(const char* op, const Tensor& x);
/// Brings two operands, both checked by one of the above, to one dtype.
void match_dtypes(const char* op, Tensor& a, Tensor& b);

/// The dims before the last `dims`.
Shape batch_shape(const Tensor& x, int dims = 2);
Shape with_dims(Shape batch, std::initializer_list<std::int64_t> last);
/// x with its batch dims broadcast to `batch`; a view.
Tensor with_batch(const Tensor& x, const Shape& batch, int dims = 2);
/// Itself if row-major, else a row-major copy; not recorded.
Tensor row_major(const Tensor& x);
Tensor new_info(const Tensor& x, int dims = 2);

enum class Failure { singular, not_positive_definite, no_convergence };
/// Throws if an entry of info is not 0, naming the first.
void require_success(const char* op, const Tensor& info, Failure failure);

/// Throws if a derivative by the phases of complex vectors, which are arbitrary, is not 0 beside all derivatives, up to rounding.
void require_phase_free(const char* op, const Tensor& by_phase, const Tensor& all);
/// A rule for what has no derivative: an error where one is asked for, instead of a silent zero.
inline void refuse_gradient(Tensor& y, const char* op, const Tensor& x) {
  if (recording(x)) record(y, op, {x}, [op](Backward&) { runtime_error(op, "has no derivative"); });
}

/// The Hermitian matrix that has the triangular x as its lower or upper half.
Tensor mirrored(const Tensor& x);
/// Y with X Y + Y X = b for a Hermitian positive definite X: behind the derivatives of roots. Recorded.
Tensor solve_sylvester(const Tensor& x, const Tensor& b);
/// The gradient of y = pinv(x) for an incoming g (Golub and Pereyra).
Tensor pinv_rule(const Tensor& y, const Tensor& x, const Tensor& g);

/// X with A X = b (A^H X = b) from factors of A, whose batch broadcasts with b's. Not recorded.
Tensor solve_factored(const char* op, const Tensor& factors, const Tensor& pivots, const Tensor& b, bool adjoint);
/// Rows moved as LAPACK's exchanges say: perm int64 [..., m] with (P^T x)[i] = x[perm[i]], or its inverse, with (P x)[i] = x[inverse[i]].
Tensor permutation_of(const char* op, const Tensor& pivots, std::int64_t m, bool inverse);
Tensor permute_rows(const Tensor& x, const Tensor& permutation);

}  // namespace ph::detail
