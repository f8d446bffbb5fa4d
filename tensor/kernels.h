// The table of kernels: one slot per kernel, one table per device. The layers above call `kernels(device).matmul(…)`.
//
// Contract of every slot: arguments were checked by the caller; shapes are right, dtypes are as the slot says; outputs are
// allocated and overlap no input unless the slot allows it; nothing is thrown but a memory error or what the slot names.
// A CPU slot is never null (a test checks). An empty CUDA slot throws one uniform error naming the op and the device.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/conv.h"
#include "playhead/tensor/device.h"
#include "playhead/tensor/elementwise.h"
#include "playhead/tensor/fft.h"
#include "playhead/tensor/linalg.h"
#include "playhead/tensor/matmul.h"
#include "playhead/tensor/nn.h"
#include "playhead/tensor/reduce.h"
#include "playhead/tensor/resample.h"
#include "playhead/tensor/scalar.h"
#include "playhead/tensor/storage.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

struct RandomCall;

namespace detail {
[[noreturn]] void missing_kernel(const char* name, DeviceType device);
}

/// A function pointer that knows its name, so that an empty one can say what is missing.
template <class Signature>
class Slot;
template <class R, class... A>
class Slot<R(A...)> {
 public:
  constexpr explicit Slot(const char* name) : name_(name) {}
  Slot& operator=(R (*f)(A...)) {
    f_ = f;
    return *this;
  }
  R operator()(A... a) const {
    if (!f_) detail::missing_kernel(name_, DeviceType::cuda);
    return f_(static_cast<A&&>(a)...);
  }
  explicit operator bool() const { return f_ != nullptr; }
  const char* name() const { return name_; }

 private:
  R (*f_)(A...) = nullptr;
  const char* name_;
};

/// How a written value meets the one that is there.
enum class Combine : std::uint8_t { assign, add, multiply, minimum, maximum };

/// What one step of an optimiser is; see optim/optimizer.h for the formulas.
struct SGDStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov;
};
struct AdamStep {
  double lr, beta1, beta2, eps, weight_decay;
  bool decoupled;            // weight decay acts on the parameter (AdamW)
  double bias1, bias2;       // 1 - beta^t
};

struct Kernels {
  // --- memory: copy.cpp ---
  /// Fresh device memory. Not used for the CPU, whose tensors share a block with their elements.
  Slot<Ref<Storage>(std::size_t nbytes, Device device)> allocate{"allocate"};
  /// Between devices: `nbytes` bytes, row-major on both sides. Not used for CPU to CPU.
  Slot<void(void* dst, Device to, const void* src, Device from, std::size_t nbytes)> transfer{"transfer"};
  /// dst = src converted to dst's dtype; same shape; they may be the same memory but not partly overlap.
  Slot<void(const View& dst, const View& src)> copy{"copy"};
  Slot<void(const View& dst, Scalar value)> fill{"fill"};
  /// dst (1-D) = start + i * step, computed in int64 for integers and in double otherwise.
  Slot<void(const View& dst, Scalar start, Scalar step)> iota{"iota"};

  // --- optim.cpp: n parameters at once, each contiguous, float32 or float64 or complex of those ---
  /// v: momentum buffers, or null; first[i]: v[i] starts at the gradient.
  Slot<void(int n, const View* p, const View* g, const View* v, const std::uint8_t* first, const SGDStep& how)> sgd_step{"sgd_step"};
  Slot<void(int n, const View* p, const View* g, const View* m, const View* v, const AdamStep& how)> adam_step{"adam_step"};

  // --- elementwise.cpp ---
  Slot<void(const ElementwiseCall& call)> elementwise{"elementwise"};
  /// The CPU's loops over dense operands, all float32 or all float64 (the result of a predicate bool), by [is float64][part]
  /// and row: for small tensors, where a call of `elementwise` would be most of the work. Null on other devices, and where
  /// a row has no such loop.
  const DenseLoop* dense_loops[2][4] = {};

  // --- matmul.cpp; the call is described in matmul.h ---
  Slot<void(const MatmulCall& call)> matmul{"matmul"};

  // --- conv.cpp, conv_weight.cpp, pool.cpp; the calls are described in conv.h ---
  Slot<void(const ConvCall& call)> conv{"conv"};
  Slot<void(const ConvCall& call)> conv_input{"conv_input"};
  Slot<void(const ConvCall& call)> conv_weight{"conv_weight"};
  Slot<void(const PoolCall& call)> pool{"pool"};
  /// Writes x, the gradient of the input, from y, the incoming one (and from index, for max).
  Slot<void(const PoolCall& call)> pool_input{"pool_input"};

  // --- resample.cpp, grid.cpp; the calls are described in resample.h ---
  Slot<void(const ResampleCall& call)> resample{"resample"};
  Slot<void(const GridCall& call)> grid_taps{"grid_taps"};
  Slot<void(const TapsCall& call)> gather_taps{"gather_taps"};
  Slot<void(const TapsCall& call)> scatter_taps{"scatter_taps"};
  Slot<void(const TapsCall& call)> dot_taps{"dot_taps"};

  // --- fft.cpp; the call is described in fft.h ---
  Slot<void(const FFTCall& call)> fft{"fft"};

  // --- index.cpp, scatter.cpp. Indices are int64 and count from the end when negative; one that is out of range throws an index error
  // naming `op` before anything is written. Repeated targets are combined in the order of the indices.
  /// out = x with its dims [dim, dim + n) replaced by the dims of the n `index` views, which are row-major and of one shape.
  Slot<void(const char* op, const View& out, const View& x, const View* index, int n, int dim)> index_get{"index_get"};
  /// The reverse: x at the indices is combined with `values`, of the shape that index_get gives. Over the dims that come
  /// from the indices, out above and values here must have a single step (row-major, or all strides 0).
  Slot<void(const char* op, const View& x, const View* index, int n, int dim, const View& values, Combine mode)> index_put{"index_put"};
  /// out[..., i, ...] = x[..., index[..., i, ...], ...] along dim; out and index of one shape, within x's in the other dims.
  Slot<void(const char* op, const View& out, const View& x, const View& index, int dim)> gather{"gather"};
  /// x[..., index[..., i, ...], ...] is combined with src[..., i, ...]. `fresh`: nobody sees x after an error, so indices may
  /// be checked on the way.
  Slot<void(const char* op, const View& x, const View& index, const View& src, int dim, Combine mode, bool fresh)> scatter{"scatter"};
  /// dst = src on and below the k-th diagonal (on and above it if `upper`) of the last two dims, else 0. Both row-major; may be the same.
  Slot<void(const View& dst, const View& src, std::int64_t k, bool upper)> triangle{"triangle"};

  // --- random.cpp ---
  Slot<void(const RandomCall& call)> random{"random"};

  // --- mask.cpp: masks are bool, and all operands row-major ---
  Slot<std::int64_t(const View& mask)> count{"count"};
  /// out, int64 [mask's dims, count]: the coordinates of the set elements.
  Slot<void(const View& out, const View& mask)> nonzero{"nonzero"};
  /// out (1-D, `count` elements) = the elements of x where mask is set; x and mask of one shape.
  Slot<void(const View& out, const View& x, const View& mask)> masked_get{"masked_get"};
  /// x where mask is set = the first elements of source, which has `count` or more.
  Slot<void(const View& x, const View& mask, const View& source)> masked_put{"masked_put"};

  // --- softmax.cpp, norm.cpp, channel_norm.cpp, ctc.cpp, attention.cpp; the calls are described in nn.h ---
  Slot<void(const SoftmaxCall& call)> softmax{"softmax"};
  Slot<void(const SoftmaxGradCall& call)> softmax_grad{"softmax_grad"};
  Slot<void(const NormCall& call)> norm{"norm"};
  Slot<void(const NormGradCall& call)> norm_grad{"norm_grad"};
  Slot<void(const ChannelNormCall& call)> channel_norm{"channel_norm"};
  Slot<void(const ChannelNormGradCall& call)> channel_norm_grad{"channel_norm_grad"};
  Slot<void(const CtcCall& call)> ctc{"ctc"};
  Slot<void(const CrossEntropyCall& call)> cross_entropy{"cross_entropy"};
  Slot<void(const CrossEntropyGradCall& call)> cross_entropy_grad{"cross_entropy_grad"};
  Slot<void(const AttentionCall& call)> attention{"attention"};
  Slot<void(const AttentionGradCall& call)> attention_grad{"attention_grad"};

  // --- reduce.cpp, argreduce.cpp, scan.cpp, sort.cpp; the calls are described in reduce.h ---
  Slot<void(const ReduceCall& call)> reduce{"reduce"};
  Slot<void(const ArgReduceCall& call)> arg_reduce{"arg_reduce"};
  Slot<void(const ScanCall& call)> scan{"scan"};
  Slot<void(const SortCall& call)> sort{"sort"};
  Slot<void(const SelectCall& call)> select{"select"};
  Slot<void(const SearchCall& call)> searchsorted{"searchsorted"};
  /// order (int64, [n]) = the rows of [n, m], row-major and of a real type, in lexicographic order; equal ones keep theirs.
  Slot<void(const View& order, const View& rows)> lexsort{"lexsort"};

  // --- linalg.cpp, linalg_factor.cpp, linalg_eigen.cpp: batches of matrices, float32, float64, complex64 or complex128, all
  // operands row-major [batch..., rows, cols] of one batch shape. `info` is int32 [batch], zeros: LAPACK's code where an item
  // failed, -1 where an iteration was not begun because the matrix is not finite. Sizes that LAPACK cannot take are a value
  // error naming `op`. Those of linalg_factor.cpp and linalg_eigen.cpp throw one uniform runtime error in a build without LAPACK.
  /// a = its lower factor, read from the lower triangle.
  Slot<void(const char* op, const View& a, const View& info)> cholesky{"cholesky"};
  /// a = L and U in one; pivots: int32 [batch, min(rows, cols)], LAPACK's row exchanges, counted from 1.
  Slot<void(const char* op, const View& a, const View& pivots, const View& info)> lu{"lu"};
  /// b = A^-1 b, or A^-H b if `adjoint`, from what `lu` made.
  Slot<void(const char* op, const View& factors, const View& pivots, const View& b, bool adjoint)> lu_solve{"lu_solve"};
  Slot<void(const char* op, const View& a, const View& info)> inverse{"inverse"};
  /// b = a^-1 b, or b a^-1; of a^T if `transpose`.
  Slot<void(const char* op, const View& a, const View& b, const TriangularCall& how)> triangular{"triangular"};
  /// a = R above the diagonal, the reflectors of Q below; tau [batch, min(rows, cols)].
  Slot<void(const char* op, const View& a, const View& tau)> qr{"qr"};
  /// a [rows >= cols] = the first columns of the product of the reflectors in it; as many as tau has, at most cols.
  Slot<void(const char* op, const View& a, const View& tau)> householder{"householder"};
  /// c = Q c or c Q, Q the (adjoint) product of the reflectors in a, which has as many columns as tau.
  Slot<void(const char* op, const View& a, const View& tau, const View& c, bool left, bool adjoint)> multiply_householder{"multiply_householder"};
  /// a = L and D in one, from the lower triangle; pivots int32 [batch, n] as LAPACK's sytrf and hetrf have them.
  Slot<void(const char* op, const View& a, const View& pivots, const View& info, bool hermitian)> ldl{"ldl"};
  Slot<void(const char* op, const View& factors, const View& pivots, const View& b, bool hermitian)> ldl_solve{"ldl_solve"};
  /// w (real) = eigenvalues, ascending; a = the eigenvectors, if asked for.
  Slot<void(const char* op, const View& a, const View& w, const View& info, bool lower, bool vectors)> eigh{"eigh"};
  /// w, v (complex; v may be absent) = eigenvalues and eigenvectors; a is overwritten.
  Slot<void(const char* op, const View& a, const View& w, const View& v, const View& info)> eig{"eig"};
  /// u, s (real), vh; u and vh may both be absent, and are both square or both min(rows, cols) wide. a is overwritten.
  Slot<void(const char* op, const View& a, const View& u, const View& s, const View& vh, const View& info)> svd{"svd"};
  /// b, of max(rows, cols) rows, = the solution in its first `cols` rows; rank (int64) and singular values where not absent.
  Slot<void(const char* op, const View& a, const View& b, const View& rank, const View& singular, const View& info, double rcond, LstsqDriver driver)> lstsq{"lstsq"};
};

/// The table of a device. For CUDA the plugin is loaded at the first call; throws if there is none.
const Kernels& kernels(Device device);

namespace cpu {
/// Each file of tensor/cpu fills its own slots here; cpu/register.cpp calls them all.
void fill_copy(Kernels& k);
void fill_elementwise(Kernels& k);
void fill_optim(Kernels& k);
void fill_fft(Kernels& k);
void fill_index(Kernels& k);
void fill_scatter(Kernels& k);
void fill_matmul(Kernels& k);
void fill_conv(Kernels& k);
void fill_pool(Kernels& k);
void fill_resample(Kernels& k);
void fill_grid(Kernels& k);
void fill_mask(Kernels& k);
void fill_softmax(Kernels& k);
void fill_norm(Kernels& k);
void fill_channel_norm(Kernels& k);
void fill_ctc(Kernels& k);
void fill_attention(Kernels& k);
void fill_reduce(Kernels& k);
void fill_argreduce(Kernels& k);
void fill_scan(Kernels& k);
void fill_sort(Kernels& k);
void fill_random(Kernels& k);
void fill_linalg(Kernels& k);
void fill_linalg_factor(Kernels& k);
void fill_linalg_eigen(Kernels& k);
}  // namespace cpu

}  // namespace ph
