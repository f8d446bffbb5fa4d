// Matrix products by cuBLAS; integers, which it does not know, by a plain kernel.
#include <cublas_v2.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "packed.h"
#include "playhead/tensor/error.h"
#include "runtime.h"
#include "scalars.cuh"

namespace ph::cuda_backend {

namespace {

void check(cublasStatus_t status) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  if (status == CUBLAS_STATUS_ALLOC_FAILED) memory_error("matmul", "the device is out of memory");
  runtime_error("matmul", "cuBLAS failed: ", cublasGetStatusString(status));
}

// A handle per thread and device, on the thread's current stream. They are not given back: at thread exit the driver may be gone.
cublasHandle_t handle() {
  thread_local std::vector<cublasHandle_t> handles;
  const auto device = static_cast<std::size_t>(current_device());
  if (handles.size() <= device) handles.resize(device + 1);
  if (!handles[device]) {
    check(cublasCreate(&handles[device]));
    // Full float32 precision, as on the CPU; TF32 is for a caller to ask for.
    check(cublasSetMathMode(handles[device], CUBLAS_PEDANTIC_MATH));
  }
  check(cublasSetStream(handles[device], stream()));
  return handles[device];
}

// How BLAS sees the last two dims: unit stride along one of them.
bool rows_are_dense(const View& v) {
  const std::int64_t rows = v.shape[v.ndim - 2], cols = v.shape[v.ndim - 1], down = v.strides[v.ndim - 2], right = v.strides[v.ndim - 1];
  return (right == 1 || cols == 1) && (down >= std::max<std::int64_t>(cols, 1) || rows == 1);
}
bool columns_are_dense(const View& v) {
  const std::int64_t rows = v.shape[v.ndim - 2], cols = v.shape[v.ndim - 1], down = v.strides[v.ndim - 2], right = v.strides[v.ndim - 1];
  return (down == 1 || rows == 1) && (right >= std::max<std::int64_t>(rows, 1) || cols == 1);
}

struct Operand {
  char* data;
  cublasOperation_t op;  // as cuBLAS, which is column-major, must see the row-major matrix's transpose
  std::int64_t ld;
};
Operand operand(const View& v) {
  const std::int64_t rows = v.shape[v.ndim - 2], cols = v.shape[v.ndim - 1];
  if (rows_are_dense(v)) return {static_cast<char*>(v.data), CUBLAS_OP_N, rows == 1 ? std::max<std::int64_t>(cols, 1) : v.strides[v.ndim - 2]};
  return {static_cast<char*>(v.data), CUBLAS_OP_T, cols == 1 ? std::max<std::int64_t>(rows, 1) : v.strides[v.ndim - 1]};
}

cudaDataType type_of(DType t) {
  switch (t) {
    case DType::float16: return CUDA_R_16F;
    case DType::bfloat16: return CUDA_R_16BF;
    case DType::float32: return CUDA_R_32F;
    case DType::float64: return CUDA_R_64F;
    case DType::complex64: return CUDA_C_32F;
    default: return CUDA_C_64F;
  }
}

template <class T>
__global__ void integer_kernel(T* out, const T* a, const T* b, std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t a_down, std::int64_t a_right,
                               std::int64_t b_down, std::int64_t b_right, std::int64_t o_down, std::int64_t o_right, bool add) {
  for (std::int64_t i = blockIdx.x * static_cast<std::int64_t>(blockDim.x) + threadIdx.x; i < m * n;
       i += static_cast<std::int64_t>(gridDim.x) * blockDim.x) {
    const std::int64_t r = i / n, c = i % n;
    std::uint64_t sum = add ? static_cast<std::uint64_t>(out[r * o_down + c * o_right]) : 0;  // wraps, as integers do
    for (std::int64_t j = 0; j < k; ++j)
      sum += static_cast<std::uint64_t>(a[r * a_down + j * a_right]) * static_cast<std::uint64_t>(b[j * b_down + c * b_right]);
    out[r * o_down + c * o_right] = static_cast<T>(sum);
  }
}

// One product, or a row of them along the innermost batch dim (`count` with byte steps).
void product(const View& out, const View& a, const View& b, char* o, char* p, char* q, std::int64_t count, const std::int64_t step[3], double alpha, double beta) {
  const int d = out.ndim;
  const std::int64_t m = out.shape[d - 2], n = out.shape[d - 1], k = a.shape[d - 1];
  if (is_integer(out.dtype)) {
    with_type(out.dtype, [&]<class T>(Type<T>) {
      if constexpr (is_integral<T> && !__is_same(T, bool))
        for (std::int64_t i = 0; i < count; ++i)
          integer_kernel<T><<<grid(m * n), block_size, 0, stream()>>>(
              reinterpret_cast<T*>(o) + i * step[0], reinterpret_cast<T*>(p) + i * step[1], reinterpret_cast<T*>(q) + i * step[2], m, n, k, a.strides[d - 2],
              a.strides[d - 1], b.strides[d - 2], b.strides[d - 1], out.strides[d - 2], out.strides[d - 1], beta != 0);
    });
    check_launch("matmul");
    return;
  }
  if (std::max({m, n, k, count}) > INT32_MAX) runtime_error("matmul", "a size is beyond cuBLAS; got m=", m, ", n=", n, ", k=", k);
  const Operand x = operand(a), y = operand(b), z = operand(out);
  const cudaDataType t = type_of(out.dtype);
  const bool wide = out.dtype == float64 || out.dtype == complex128;
  const cublasComputeType_t compute = wide ? CUBLAS_COMPUTE_64F : CUBLAS_COMPUTE_32F;
  const float alpha32[2] = {static_cast<float>(alpha), 0}, beta32[2] = {static_cast<float>(beta), 0};
  const double alpha64[2] = {alpha, 0}, beta64[2] = {beta, 0};
  // Row-major out = a b is column-major out^T = b^T a^T.
  check(cublasGemmStridedBatchedEx(handle(), y.op, x.op, static_cast<int>(n), static_cast<int>(m), static_cast<int>(k),
                                   wide ? static_cast<const void*>(alpha64) : alpha32, q, t, static_cast<int>(y.ld), step[2], p, t, static_cast<int>(x.ld),
                                   step[1], wide ? static_cast<const void*>(beta64) : beta32, o, t, static_cast<int>(z.ld), step[0],
                                   static_cast<int>(count), compute, CUBLAS_GEMM_DEFAULT));
}

void matmul(const MatmulCall& call) {
  View out = call.out, a = call.a, b = call.b;
  if (out.numel == 0) return;
  const int d = out.ndim;
  std::vector<Packed> held;
  held.reserve(3);
  const auto packed = [&](const View& v) {
    held.emplace_back(v, v.dtype);
    copy(held.back().view, v);
    return held.back().view;
  };
  if (!rows_are_dense(a) && !columns_are_dense(a)) a = packed(a);
  if (!rows_are_dense(b) && !columns_are_dense(b)) b = packed(b);
  const View target = out;
  if (!rows_are_dense(out)) {
    held.emplace_back(out, out.dtype);
    out = held.back().view;
  }
  const bool adds = !absent(call.c);
  if (adds && (call.c.data != out.data || out.data != target.data)) copy(out, call.c);
  const double beta = adds ? call.beta : 0;

  // All batch dims but the innermost are walked here.
  const auto size = static_cast<std::int64_t>(itemsize(out.dtype));
  const std::int64_t count = d > 2 ? out.shape[d - 3] : 1;
  const std::int64_t step[3] = {d > 2 ? out.strides[d - 3] : 0, d > 2 ? a.strides[d - 3] : 0, d > 2 ? b.strides[d - 3] : 0};
  std::int64_t outer = 1;
  for (int i = 0; i < d - 3; ++i) outer *= out.shape[i];
  for (std::int64_t i = 0; i < outer; ++i) {
    std::int64_t rest = i, o = 0, p = 0, q = 0;
    for (int j = d - 4; j >= 0; --j) {
      const std::int64_t k = rest % out.shape[j];
      rest /= out.shape[j];
      o += k * out.strides[j], p += k * a.strides[j], q += k * b.strides[j];
    }
    product(out, a, b, static_cast<char*>(out.data) + o * size, static_cast<char*>(a.data) + p * size, static_cast<char*>(b.data) + q * size, count, step,
            call.alpha, beta);
  }
  if (out.data != target.data) copy(target, out);
}

}  // namespace

void fill_matmul(Kernels& k) { k.matmul = matmul; }

}  // namespace ph::cuda_backend
