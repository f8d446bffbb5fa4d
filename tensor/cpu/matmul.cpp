// The slot `matmul`: batches of products with broadcasting, and dtypes that are computed in another. One product is gemm.cpp.
#include "playhead/tensor/cpu/gemm.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/tensor.h"

namespace ph::cpu {
namespace {

using Int = std::int64_t;

constexpr int max_batch_dims = 62;

/// The batch dims that are left after folding, with the steps of the four operands.
struct Batch {
  int n = 0;
  Int size[max_batch_dims], out[max_batch_dims], a[max_batch_dims], b[max_batch_dims], add[max_batch_dims];
  Int count = 1;
};

/// Joins a batch dim to the rows where b is the same all along it: x[batch, t, c] @ w[c, n] is one product of batch * t rows.
template <class G> bool fold(G& g, Int size, Int out, Int a, Int b, Int add) {
  if (b != 0) return false;
  if (g.m == 1) {
    g.m = size, g.c_row = out, g.a_row = a, g.add_row = add;
    return true;
  }
  if (out != g.m * g.c_row || a != g.m * g.a_row || (g.add && add != g.m * g.add_row)) return false;
  g.m *= size;
  return true;
}

template <class S, class T> void products_of(const MatmulCall& call) {
  const int nd = call.out.ndim, nb = nd - 2;
  const bool adds = !absent(call.c);
  Gemm<S, T> g;
  g.m = call.out.shape[nd - 2], g.n = call.out.shape[nd - 1], g.k = call.a.shape[nd - 1];
  g.a = call.a.as<S>(), g.a_row = call.a.strides[nd - 2], g.a_col = call.a.strides[nd - 1];
  g.b = call.b.as<S>(), g.b_row = call.b.strides[nd - 2], g.b_col = call.b.strides[nd - 1];
  g.c = call.out.as<S>(), g.c_row = call.out.strides[nd - 2], g.c_col = call.out.strides[nd - 1];
  if (adds) g.add = call.c.as<S>(), g.add_row = call.c.strides[nd - 2], g.add_col = call.c.strides[nd - 1];
  g.alpha = static_cast<T>(call.alpha), g.beta = static_cast<T>(call.beta);
  if (call.out.numel == 0) return;
  // A stride along a dim of size 1 means nothing; 1 is what lets the vector loops be used.
  if (g.n == 1) g.c_col = 1, g.b_col = 1, g.add_col = 1;
  if (g.k == 1) g.a_col = 1;
  if (nb == 0) return gemm(g);

  Batch batch;
  bool folding = true;
  for (int d = nb - 1; d >= 0; --d) {
    const Int size = call.out.shape[d], add = adds ? call.c.strides[d] : 0;
    if (size == 1) continue;
    folding = folding && fold(g, size, call.out.strides[d], call.a.strides[d], call.b.strides[d], add);
    if (folding) continue;
    const int i = batch.n++;
    batch.size[i] = size, batch.out[i] = call.out.strides[d], batch.a[i] = call.a.strides[d], batch.b[i] = call.b.strides[d], batch.add[i] = add;
    batch.count *= size;
  }
  const auto run = [&](Int first, Int last) {
    for (Int item = first; item < last; ++item) {
      Gemm<S, T> one = g;
      Int rest = item;
      for (int i = 0; i < batch.n; ++i) {
        const Int at = rest % batch.size[i];
        rest /= batch.size[i];
        one.c += at * batch.out[i], one.a += at * batch.a[i], one.b += at * batch.b[i];
        if (adds) one.add += at * batch.add[i];
      }
      gemm(one);
    }
  };
  // Many or small products go to the threads whole; a few large ones are cut inside, one after the other.
  const double work = static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  if (batch.count < 16 && work > 1e7) run(0, batch.count);
  else parallel_for(batch.count, work > 5e5 ? 1 : static_cast<Int>(5e5 / (work + 50)), run);
}

/// A copy of v in `dtype` that keeps its broadcast dims broadcast.
struct Converted {
  Tensor tensor;
  Strides strides;
  View view;
  Converted(const View& v, DType dtype) {
    Shape shape(v.shape, v.ndim);
    for (int d = 0; d < v.ndim; ++d)
      if (v.strides[d] == 0 && shape[d] > 0) shape[d] = 1;
    tensor = detail::make_tensor(shape, dtype, cpu_device);
    strides = tensor.strides();
    for (int d = 0; d < v.ndim; ++d)
      if (v.strides[d] == 0) strides[d] = 0;
    kernels(cpu_device).copy(view_of(tensor), {v.data, shape.data(), v.strides, tensor.numel(), v.ndim, v.dtype, false});
    view = {tensor.data_ptr(), v.shape, strides.data(), v.numel, v.ndim, dtype, false};
  }
};

/// In float32, rounded once at the end.
void through_float(const MatmulCall& call) {
  const Converted a(call.a, float32), b(call.b, float32);
  MatmulCall wide = call;
  wide.a = a.view, wide.b = b.view;
  Tensor c;
  if (!absent(call.c)) {
    Shape shape(call.c.shape, call.c.ndim);
    c = detail::make_tensor(shape, float32, cpu_device);
    kernels(cpu_device).copy(view_of(c), call.c);
    wide.c = view_of(c);
  }
  const Tensor out = detail::make_tensor(Shape(call.out.shape, call.out.ndim), float32, cpu_device);
  wide.out = view_of(out);
  products_of<float, float>(wide);
  kernels(cpu_device).copy(call.out, wide.out);
}

void matmul(const MatmulCall& call) {
  switch (call.out.dtype) {
    case DType::float32: return products_of<float, float>(call);
    case DType::float64: return products_of<double, double>(call);
    case DType::complex64: return products_of<cfloat, float>(call);
    case DType::complex128: return products_of<cdouble, double>(call);
    case DType::float16:
    case DType::bfloat16: return through_float(call);
    default: break;
  }
  // Wrapping products of signed and unsigned integers have the same bits.
  switch (itemsize(call.out.dtype)) {
    case 1: return products_of<std::uint8_t, std::uint8_t>(call);
    case 2: return products_of<std::uint16_t, std::uint16_t>(call);
    case 4: return products_of<std::uint32_t, std::uint32_t>(call);
    default: return products_of<std::uint64_t, std::uint64_t>(call);
  }
}

}  // namespace

void fill_matmul(Kernels& k) { k.matmul = matmul; }

}  // namespace ph::cpu
