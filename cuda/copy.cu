// Memory on the device: storage, fill, copies with strides and conversion, transfers to and from the host.
#include <algorithm>

#include "playhead/tensor/error.h"
#include "runtime.h"
#include "scalars.cuh"

namespace ph::cuda_backend {

namespace {

class DeviceStorage final : public Storage {
 public:
  DeviceStorage(void* p, std::size_t n, Device d) : Storage(p, n, d) {}

 private:
  void destroy() noexcept override {
    deallocate(data, device.index);
    delete this;
  }
};

Ref<Storage> allocate_storage(std::size_t nbytes, Device device) {
  void* p = allocate(nbytes, device.index, stream_of(device.index));
  return Ref<Storage>(Ref<DeviceStorage>::adopt(new DeviceStorage(p, nbytes, device)));
}

void transfer(void* dst, Device to, const void* src, Device from, std::size_t nbytes) {
  if (nbytes == 0) return;
  const Device here = to.is_cuda() ? to : from;
  activate(here.index);
  check(cudaMemcpyAsync(dst, src, nbytes, cudaMemcpyDefault, stream()), "transfer");
  // Host memory is pageable and may be reused as soon as this returns.
  if (to.is_cpu() || from.is_cpu()) check(cudaStreamSynchronize(stream()), "transfer");
}

// A layout with neighbouring dims merged, small enough to be a kernel argument.
constexpr int most_dims = 12;
struct Layout {
  int ndim = 0;
  std::int64_t shape[most_dims], a[most_dims], b[most_dims];
};

Layout merged(const char* op, const View& x, const View& y) {
  Layout r;
  for (int d = 0; d < x.ndim; ++d) {
    if (x.shape[d] == 1) continue;
    const int last = r.ndim - 1;
    if (last >= 0 && r.a[last] == x.strides[d] * x.shape[d] && r.b[last] == y.strides[d] * x.shape[d]) {
      r.shape[last] *= x.shape[d];
      r.a[last] = x.strides[d], r.b[last] = y.strides[d];
      continue;
    }
    if (r.ndim == most_dims) runtime_error(op, "too many dimensions on CUDA; got ", x.ndim, ". Make it contiguous on the CPU first");
    r.shape[r.ndim] = x.shape[d], r.a[r.ndim] = x.strides[d], r.b[r.ndim] = y.strides[d];
    ++r.ndim;
  }
  return r;
}

template <class D, class S>
__global__ void copy_kernel(D* dst, const S* src, Layout at, std::int64_t n) {
  for (std::int64_t i = blockIdx.x * static_cast<std::int64_t>(blockDim.x) + threadIdx.x; i < n;
       i += static_cast<std::int64_t>(gridDim.x) * blockDim.x) {
    std::int64_t rest = i, p = 0, q = 0;
    for (int d = at.ndim - 1; d >= 0; --d) {
      const std::int64_t k = rest % at.shape[d];
      rest /= at.shape[d];
      p += k * at.a[d], q += k * at.b[d];
    }
    dst[p] = convert<D>(src[q]);
  }
}

template <class T>
__global__ void fill_kernel(T* dst, T value, Layout at, std::int64_t n) {
  for (std::int64_t i = blockIdx.x * static_cast<std::int64_t>(blockDim.x) + threadIdx.x; i < n;
       i += static_cast<std::int64_t>(gridDim.x) * blockDim.x) {
    std::int64_t rest = i, p = 0;
    for (int d = at.ndim - 1; d >= 0; --d) {
      p += rest % at.shape[d] * at.a[d];
      rest /= at.shape[d];
    }
    dst[p] = value;
  }
}

template <class T>
__global__ void iota_kernel(T* dst, std::int64_t stride, double start, double step, std::int64_t istart, std::int64_t istep, std::int64_t n) {
  for (std::int64_t i = blockIdx.x * static_cast<std::int64_t>(blockDim.x) + threadIdx.x; i < n;
       i += static_cast<std::int64_t>(gridDim.x) * blockDim.x) {
    if constexpr (is_integral<T>) dst[i * stride] = static_cast<T>(istart + i * istep);
    else dst[i * stride] = convert<T>(start + static_cast<double>(i) * step);
  }
}

void fill(const View& dst, Scalar value) {
  if (dst.numel == 0) return;
  const Layout at = merged("fill", dst, dst);
  with_type(dst.dtype, [&]<class T>(Type<T>) {
    fill_kernel<T><<<grid(dst.numel), block_size, 0, stream()>>>(dst.as<T>(), value.to<T>(), at, dst.numel);
  });
  check_launch("fill");
}

void iota(const View& dst, Scalar start, Scalar step) {
  if (dst.numel == 0) return;
  with_type(dst.dtype, [&]<class T>(Type<T>) {
    iota_kernel<T><<<grid(dst.numel), block_size, 0, stream()>>>(dst.as<T>(), dst.strides[0], start.re(), step.re(), start.to<std::int64_t>(),
                                                                  step.to<std::int64_t>(), dst.numel);
  });
  check_launch("iota");
}

}  // namespace

void copy(const View& dst, const View& src) {
  if (dst.numel == 0) return;
  if (dst.dtype == src.dtype && dst.contiguous && src.contiguous) {
    check(cudaMemcpyAsync(dst.data, src.data, static_cast<std::size_t>(dst.numel) * itemsize(dst.dtype), cudaMemcpyDeviceToDevice, stream()), "copy");
    return;
  }
  const Layout at = merged("copy", dst, src);
  with_type(dst.dtype, [&]<class D>(Type<D>) {
    with_type(src.dtype, [&]<class S>(Type<S>) {
      copy_kernel<D, S><<<grid(dst.numel), block_size, 0, stream()>>>(dst.as<D>(), src.as<S>(), at, dst.numel);
    });
  });
  check_launch("copy");
}

void fill_copy(Kernels& k) {
  k.allocate = allocate_storage;
  k.transfer = transfer;
  k.copy = copy;
  k.fill = fill;
  k.iota = iota;
}

}  // namespace ph::cuda_backend
