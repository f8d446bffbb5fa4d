// Layer and rms normalisation: rows are cut into pieces for the threads; the sums for weight and bias meet in a fixed order.
#include "playhead/tensor/cpu/norm.h"

#include <algorithm>
#include <vector>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

using Int = std::int64_t;
constexpr Int piece_elements = 32768;

const NormLoops<float>& loops(float) { return PH_PICK_ISA(norm_loops_f32)(); }
const NormLoops<double>& loops(double) { return PH_PICK_ISA(norm_loops_f64)(); }

template <class T>
T* at(const View& v, Int i = 0) { return absent(v) ? nullptr : v.as<T>() + i; }

template <class T>
void norm_of(const NormCall& c) {
  const Int grain = std::max<Int>(1, piece_elements / std::max<Int>(1, c.n));
  parallel_for(c.rows, grain, [&](Int begin, Int end) {
    loops(T()).forward(at<T>(c.y, begin * c.n), at<T>(c.mean, begin), at<T>(c.rstd, begin), at<T>(c.x, begin * c.n), at<T>(c.weight),
                       at<T>(c.bias), end - begin, c.n, c.eps);
  });
}

template <class T>
void norm_grad_of(const NormGradCall& c) {
  const bool dw = !absent(c.dweight), db = !absent(c.dbias);
  // At most 64 pieces, so that the partial sums stay small beside x.
  const Int grain = std::max({Int(1), piece_elements / std::max<Int>(1, c.n), dw || db ? (c.rows + 63) / 64 : Int(1)});
  const Int pieces = (c.rows + grain - 1) / grain;
  std::vector<double> partial(static_cast<std::size_t>(dw || db ? pieces * 2 * c.n : 0));
  parallel_for(c.rows, grain, [&](Int begin, Int end) {
    double* sums = partial.data() + (dw || db ? begin / grain * 2 * c.n : 0);
    loops(T()).backward(at<T>(c.dx, begin * c.n), dw ? sums : nullptr, db ? sums + c.n : nullptr, at<T>(c.g, begin * c.n),
                        at<T>(c.x, begin * c.n), at<T>(c.weight), at<T>(c.mean, begin), at<T>(c.rstd, begin), end - begin, c.n);
  });
  for (int which = 0; which < 2; ++which) {
    T* out = at<T>(which ? c.dbias : c.dweight);
    if (!out) continue;
    for (Int j = 0; j < c.n; ++j) {
      double total = 0;
      for (Int p = 0; p < pieces; ++p) total += partial[static_cast<std::size_t>((2 * p + which) * c.n + j)];
      out[j] = static_cast<T>(total);
    }
  }
}

void norm(const NormCall& c) { c.x.dtype == float32 ? norm_of<float>(c) : norm_of<double>(c); }
void norm_grad(const NormGradCall& c) { c.x.dtype == float32 ? norm_grad_of<float>(c) : norm_grad_of<double>(c); }

}  // namespace

void fill_norm(Kernels& k) {
  k.norm = norm;
  k.norm_grad = norm_grad;
}

}  // namespace ph::cpu
