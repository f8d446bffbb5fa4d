// The elementwise engine on CUDA: dense operands go to the row's kernel as they are, single elements are read again and again,
// and everything else is packed first.
#include <algorithm>
#include <vector>

#include "elementwise.cuh"
#include "packed.h"
#include "playhead/tensor/error.h"
#include "runtime.h"

namespace ph::cuda_backend {

namespace {

using rows::LoopType;

Launcher launcher(LoopType t, Part q, Row row) {
  const Launcher* all = t == LoopType::f32 ? launchers_f32(q) : t == LoopType::f64 ? launchers_f64(q) : t >= LoopType::c64 ? launchers_complex(t, q) : launchers_integer(t);
  return all[static_cast<int>(row)];
}

bool is_single(const View& v) {
  for (int d = 0; d < v.ndim; ++d)
    if (v.shape[d] > 1 && v.strides[d] != 0) return false;
  return true;
}

template <class T>
__global__ void find_kernel(const T* x, std::int64_t step, std::int64_t n, bool negative, int* found) {
  for (std::int64_t i = blockIdx.x * static_cast<std::int64_t>(blockDim.x) + threadIdx.x; i < n; i += static_cast<std::int64_t>(gridDim.x) * blockDim.x)
    if (negative ? x[i * step] < 0 : x[i * step] == 0) *found = 1;
}

/// Whether some integer is 0 (or negative). Waits for the device: the answer decides whether there is an error.
bool has(const View& x, bool negative) {
  const Packed dense(x, int64);
  copy(dense.view, x);
  const Scratch flag(sizeof(int));
  check(cudaMemsetAsync(flag.get(), 0, sizeof(int), stream()), "elementwise");
  find_kernel<<<grid(x.numel), block_size, 0, stream()>>>(dense.view.as<std::int64_t>(), 1, x.numel, negative, static_cast<int*>(flag.get()));
  int found = 0;
  check(cudaMemcpyAsync(&found, flag.get(), sizeof(int), cudaMemcpyDeviceToHost, stream()), "elementwise");
  check(cudaStreamSynchronize(stream()), "elementwise");
  return found != 0;
}

void elementwise(const ElementwiseCall& c) {
  if (c.out.numel == 0) return;
  const RowInfo& row = info(c.row);
  const LoopType type = rows::loop_type(c.compute, row.domain);
  const DType wanted = rows::loop_dtypes[static_cast<int>(type)];
  if (type <= LoopType::i64) {
    if ((c.row == Row::floor_divide || c.row == Row::remainder || c.row == Row::fmod) && has(c.in[1], false))
      value_error(row.name, "integer division by zero");
    if (c.row == Row::pow && !is_unsigned(c.in[1].dtype) && has(c.in[1], true))
      value_error(row.name, "an integer cannot be raised to a negative power; got b<0. Convert a to a floating dtype");
  }
  const Launcher run = launcher(type, c.part, c.row);
  if (!run) runtime_error(row.name, "has no kernel for this dtype on CUDA; got ", c.compute);

  const int condition = !row.select ? -1 : c.part == Part::value ? 0 : 1;
  std::vector<Packed> held;
  held.reserve(most_inputs + 1);
  Launch l{};
  l.n = c.out.numel;
  l.params[0] = c.params[0], l.params[1] = c.params[1];
  l.stream = stream();
  for (int k = 0; k < c.nin; ++k) {
    const DType want = k == condition ? bool_ : wanted;
    View v = c.in[k];
    const bool single = is_single(v);
    l.step[k] = single ? 0 : 1;
    if (!same_bits(v.dtype, want) || !(v.contiguous || single)) {
      held.emplace_back(v, want);
      copy(held.back().view, v);
      v = held.back().view;
      l.step[k] = 1;
    }
    l.in[k] = v.data;
  }
  const DType made = row.predicate ? bool_ : wanted;
  const bool direct = c.out.contiguous && same_bits(c.out.dtype, made);
  if (!direct) held.emplace_back(c.out, made);
  l.out = direct ? c.out.data : held.back().view.data;
  run(l);
  check_launch(row.name);
  if (!direct) copy(c.out, held.back().view);
}

}  // namespace

void fill_elementwise(Kernels& k) { k.elementwise = elementwise; }

}  // namespace ph::cuda_backend
