// Fourier transforms on the CPU, by pocketfft (third_party/pocketfft): lines along a dim, cut into pieces for the threads.
#include <complex>
#include <vector>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"

// Under a name of our own: a program that uses another version of pocketfft beside a static playhead would mix the two.
#define pocketfft ph_pocketfft
#define POCKETFFT_NO_MULTITHREADING
#define POCKETFFT_CACHE_SIZE 16
#include <pocketfft_hdronly.h>
#undef pocketfft

namespace ph::cpu {

namespace {

constexpr std::int64_t grain = 1 << 14;  // numbers of one thread's piece

template <class T>
struct Lines {
  const FFTCall& c;
  ph_pocketfft::stride_t in, out;  // bytes, per dim
  ph_pocketfft::shape_t shape;     // of a piece; along the dim that is transformed, the real or complex length

  /// The transform along `dim`.
  void run(const char* from, const ph_pocketfft::stride_t& from_strides, std::size_t dim, T scale) const {
    namespace fft = ph_pocketfft;
    using Complex = std::complex<T>;
    const fft::shape_t dims{dim};
    // The longest other dim is cut, the same way for any number of threads.
    std::size_t cut = dim;
    std::int64_t others = 1;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (d == dim) continue;
      others *= static_cast<std::int64_t>(shape[d]);
      if (cut == dim || shape[d] > shape[cut]) cut = d;
    }
    const auto whole = static_cast<std::int64_t>(cut == dim ? 1 : shape[cut]);
    const std::int64_t weight = others / whole * static_cast<std::int64_t>(shape[dim]);  // numbers for each entry of `cut`
    parallel_for(whole, weight < grain ? (grain + weight - 1) / weight : 1, [&](std::int64_t begin, std::int64_t end) {
      fft::shape_t piece = shape;
      const char* x = from;
      char* y = static_cast<char*>(c.out.data);
      if (cut != dim) {
        piece[cut] = static_cast<std::size_t>(end - begin);
        x += begin * from_strides[cut];
        y += begin * out[cut];
      }
      const auto* numbers = reinterpret_cast<const Complex*>(x);
      auto* results = reinterpret_cast<Complex*>(y);
      if (c.kind == FFTCall::Kind::complex)
        fft::c2c(piece, from_strides, out, dims, c.forward, numbers, results, scale);
      else if (c.kind == FFTCall::Kind::real)
        fft::r2c(piece, from_strides, out, dim, c.forward, reinterpret_cast<const T*>(x), results, scale);
      else
        fft::c2r(piece, from_strides, out, dim, c.forward, numbers, reinterpret_cast<T*>(y), scale);
    });
  }
};

template <class T>
void transform(const FFTCall& c) {
  const View& real = c.kind == FFTCall::Kind::to_real ? c.out : c.in;
  Lines<T> lines{c, {}, {}, {}};
  for (int d = 0; d < c.in.ndim; ++d) {
    lines.in.push_back(c.in.strides[d] * static_cast<std::int64_t>(itemsize(c.in.dtype)));
    lines.out.push_back(c.out.strides[d] * static_cast<std::int64_t>(itemsize(c.out.dtype)));
    lines.shape.push_back(static_cast<std::size_t>(real.shape[d]));
  }
  lines.run(static_cast<const char*>(c.in.data), lines.in, static_cast<std::size_t>(c.dims[0]), static_cast<T>(c.scale));
  for (int k = 1; k < c.ndims; ++k)  // the others in place
    lines.run(static_cast<const char*>(c.out.data), lines.out, static_cast<std::size_t>(c.dims[k]), T(1));
}

void fft(const FFTCall& c) {
  if (c.out.numel == 0 || c.in.numel == 0) return;
  real_dtype(c.in.dtype) == float64 ? transform<double>(c) : transform<float>(c);
}

}  // namespace

void fill_fft(Kernels& k) { k.fft = fft; }

}  // namespace ph::cpu
