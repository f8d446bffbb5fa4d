// Convolution and the gradient of its input: matrix products over shifted reads of padded planes, with no im2col.
// For a strided convolution the planes are the phases of the input; for its gradient, the phases are those of the result.
#include "playhead/tensor/cpu/conv_plan.h"
#include "playhead/tensor/cpu/gemm.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/stencil.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/tensor.h"

namespace ph::cpu {

namespace {

constexpr Int plane_bytes = 512 << 10;  // planes and results of a piece, each: together they stay in the second-level cache
constexpr double piece_work = 4e5;      // multiply-adds worth a piece of their own

/// out[image, group, row, z, y, x] = bias + sum over channels and taps, for one set of taps.
template <class T>
struct Correlation {
  Int images, groups, rows, channels;
  const T* src;        // [images, groups * channels, size…]
  const Int* size;
  Int src_image;       // elements per image of src
  T* dst;              // first position of the first row of the first image
  Int dst_image, dst_row, dst_step[3];
  Int count[3];        // positions
  const T* weights;    // [groups, rows, channels, taps]
  const T* bias;       // per row, or null

  /// Too few rows for products of matrices.
  bool is_stencil() const { return rows == 1 || (channels == 1 && rows < 4); }
};

template <class T>
void correlate(const Correlation<T>& c, const TapPlan& plan) {
  const Int taps = static_cast<Int>(plan.plane.size()), depth = c.channels * taps, kinds = static_cast<Int>(plan.kinds.size());
  if (c.images * c.groups * c.rows * c.count[0] * c.count[1] * c.count[2] == 0) return;
  const Int slack = ShiftedGemm<T>::slack, budget = plane_bytes / static_cast<Int>(sizeof(T));
  // A piece is some rows of output of one image, or several small images.
  const Int per_row = c.channels * kinds * plan.pitch, fixed = per_row * plan.span;
  Int chunk = (budget - fixed) / per_row;
  const Int chunk_out = budget / (c.rows * plan.pitch);
  chunk = chunk < chunk_out ? chunk : chunk_out;
  const Int least = plan.span + 1 < 4 ? 4 : plan.span + 1;  // fewer, and too much is copied twice
  chunk = chunk < least ? least : chunk;
  const Int chunks = ceil_div(c.count[1], chunk < c.count[1] ? chunk : c.count[1]);
  chunk = ceil_div(c.count[1], chunks);
  const Int plane = plan.rows(chunk) * plan.pitch, n = (chunk - 1) * plan.pitch + c.count[2];
  Int together = 1;
  if (chunks * c.count[0] == 1) {
    together = ceil_div(256, n);
    const Int room = budget / (c.channels * kinds * plane + c.rows * n), share = ceil_div(c.images, 8);
    together = together < room ? together : room;
    together = together < share ? together : share;
    together = together < 1 ? 1 : together;
  }
  const Int batches = ceil_div(c.images, together), pieces = batches * c.groups * c.count[0] * chunks;
  const Int src_item = c.channels * kinds * plane, width = ceil_div(n, slack) * slack, out_item = c.rows * width;

  std::vector<Int> offsets(static_cast<std::size_t>(depth));
  for (Int ch = 0; ch < c.channels; ++ch)
    for (Int t = 0; t < taps; ++t)
      offsets[static_cast<std::size_t>(ch * taps + t)] =
          (ch * kinds + plan.plane[static_cast<std::size_t>(t)]) * plane + plan.shift[static_cast<std::size_t>(t)];

  const bool stencils = c.is_stencil();
  const Int packed_group = (c.rows + 3) * depth;
  Scratch<T> packed(stencils ? 0 : c.groups * packed_group);
  for (Int i = 0; i < c.groups && !stencils; ++i) pack_left(packed.data() + i * packed_group, c.weights + i * c.rows * depth, depth, 1, c.rows, depth);

  const double work = static_cast<double>(c.rows * depth) * static_cast<double>(n * together);
  parallel_for(pieces, work < piece_work ? static_cast<Int>(piece_work / (work + 1000)) + 1 : 1, [&](Int first, Int last) {
    Scratch<T> planes(together * src_item + slack), result(stencils ? 0 : together * out_item);
    for (Int piece = first; piece < last; ++piece) {
      Int rest = piece;
      const Int y = rest % chunks * chunk;
      rest /= chunks;
      const Int z = rest % c.count[0];
      rest /= c.count[0];
      const Int group = rest % c.groups, image = rest / c.groups * together;
      const Int items = c.images - image < together ? c.images - image : together;
      const Int rows = c.count[1] - y < chunk ? c.count[1] - y : chunk;
      const Int channel = c.size[0] * c.size[1] * c.size[2];
      for (Int item = 0; item < items; ++item)
        for (Int ch = 0; ch < c.channels; ++ch)
          for (Int k = 0; k < kinds; ++k)
            fill_plane(planes.data() + item * src_item + (ch * kinds + k) * plane,
                       c.src + (image + item) * c.src_image + (group * c.channels + ch) * channel, c.size, plan,
                       plan.kinds[static_cast<std::size_t>(k)], z, y, plan.rows(rows));
      const auto row_of = [&](Int item, Int i) {
        return c.dst + (image + item) * c.dst_image + (group * c.rows + i) * c.dst_row + z * c.dst_step[0] + y * c.dst_step[1];
      };
      if (stencils) {
        for (Int item = 0; item < items; ++item)
          for (Int i = 0; i < c.rows; ++i)
            stencil({rows, c.count[2], depth, planes.data() + item * src_item, plan.pitch, offsets.data(), c.weights + (group * c.rows + i) * depth,
                     c.bias ? c.bias[group * c.rows + i] : T(0), row_of(item, i), c.dst_step[1], c.dst_step[2]});
        continue;
      }
      ShiftedGemm<T> g;
      g.m = c.rows, g.n = (rows - 1) * plan.pitch + c.count[2], g.k = depth;
      g.a = packed.data() + group * packed_group;
      g.b = planes.data(), g.offsets = offsets.data();
      g.c = result.data(), g.c_row = width;
      g.batch = items, g.b_batch = src_item, g.c_batch = out_item;
      shifted(g);
      for (Int item = 0; item < items; ++item)
        for (Int i = 0; i < c.rows; ++i) {
          const T bias = c.bias ? c.bias[group * c.rows + i] : T(0);
          const T* s = result.data() + item * out_item + i * width;
          T* d = row_of(item, i);
          for (Int r = 0; r < rows; ++r, s += plan.pitch, d += c.dst_step[1])
            if (c.dst_step[2] == 1)
              for (Int q = 0; q < c.count[2]; ++q) d[q] = s[q] + bias;
            else
              for (Int q = 0; q < c.count[2]; ++q) d[q * c.dst_step[2]] = s[q] + bias;
        }
    }
  });
}

/// A kernel of one point with nothing around it: plain products, image by image.
bool is_pointwise(const Geometry& g) {
  bool yes = true;
  for (int d = 0; d < 3; ++d) yes = yes && g.kernel[d] == 1 && g.stride[d] == 1 && g.padding[d] == 0 && g.size[d] == g.positions[d];
  return yes;
}

/// out[rows, n] = w @ in[channels, n] for every image and group.
template <class T>
void pointwise(const Geometry& g, const T* w, bool transposed, const T* in, T* out, const T* bias) {
  const Int rows = transposed ? g.in_channels : g.out_channels, channels = transposed ? g.out_channels : g.in_channels, n = g.x_plane();
  const double work = static_cast<double>(rows * channels) * static_cast<double>(n);
  const auto run = [&](Int first, Int last) {
    for (Int item = first; item < last; ++item) {
      const Int group = item % g.groups;
      Gemm<T> p;
      p.m = rows, p.n = n, p.k = channels;
      p.a = w + group * g.out_channels * g.in_channels, p.a_row = transposed ? 1 : g.in_channels, p.a_col = transposed ? g.in_channels : 1;
      p.b = in + item * channels * n, p.b_row = n, p.b_col = 1;
      p.c = out + item * rows * n, p.c_row = n;
      if (bias) p.add = bias + group * rows, p.add_row = 1;
      gemm(p);
    }
  };
  const Int items = g.images * g.groups;
  if (items < 8 && work > 1e7) run(0, items);
  else parallel_for(items, work < piece_work ? static_cast<Int>(piece_work / (work + 100)) + 1 : 1, run);
}

template <class T>
void forward(const ConvCall& call) {
  const Geometry g(call);
  const T *x = call.x.as<T>(), *w = call.w.as<T>(), *bias = absent(call.bias) ? nullptr : call.bias.as<T>();
  T* y = call.y.as<T>();
  if (g.in_channels * g.taps() == 0 || call.y.numel == 0) {
    for (Int i = 0; i < call.y.numel; ++i) y[i] = bias ? bias[i / g.y_plane() % (g.groups * g.out_channels)] : T(0);
    return;
  }
  if (is_pointwise(g)) return pointwise(g, w, false, x, y, bias);
  Correlation<T> c;
  c.images = g.images, c.groups = g.groups, c.rows = g.out_channels, c.channels = g.in_channels;
  c.src = x, c.size = g.size, c.src_image = g.groups * g.in_channels * g.x_plane();
  c.dst = y, c.dst_image = g.groups * g.out_channels * g.y_plane(), c.dst_row = g.y_plane();
  for (int d = 0; d < 3; ++d) c.count[d] = g.positions[d];
  c.dst_step[0] = g.positions[1] * g.positions[2], c.dst_step[1] = g.positions[2], c.dst_step[2] = 1;
  c.weights = w, c.bias = bias;
  correlate(c, TapPlan(g.all_taps(), g.stride, g.positions[2]));
}

template <class T>
void backward_input(const ConvCall& call) {
  const Geometry g(call);
  const T *y = call.y.as<T>(), *w = call.w.as<T>();
  T* x = call.x.as<T>();
  if (call.x.numel == 0) return;
  if (is_pointwise(g) && call.y.numel > 0) return pointwise<T>(g, w, true, y, x, nullptr);
  // x[s * j + phase] takes the taps k with phase + padding - k * dilation a multiple of s; those phases that have none stay 0.
  Int phases = 1;
  for (int d = 0; d < 3; ++d) phases *= g.stride[d];
  const Int whole = g.taps(), one[3] = {1, 1, 1};
  Int covered = 0;  // phases that have taps
  std::vector<std::vector<Tap>> sets;
  std::vector<Int> set_phase;
  for (Int f = 0; f < phases && call.y.numel > 0; ++f) {
    const Int phase[3] = {f / (g.stride[1] * g.stride[2]), f / g.stride[2] % g.stride[1], f % g.stride[2]};
    std::vector<Tap> taps;
    for (Int k = 0; k < whole; ++k) {
      Tap t{{}, k};
      bool hits = true;
      for (int d = 0; d < 3; ++d) {
        const Int o = phase[d] + g.padding[d] - g.place(k, d) * g.dilation[d];
        hits = hits && o % g.stride[d] == 0;
        t.start[d] = floor_div(o, g.stride[d]);
      }
      if (hits) taps.push_back(t);
    }
    bool any = !taps.empty() && g.out_channels > 0;
    for (int d = 0; d < 3; ++d) any = any && phase[d] < g.size[d];
    if (!any) continue;
    ++covered;
    sets.push_back(std::move(taps)), set_phase.push_back(f);
  }
  if (covered < phases) std::memset(static_cast<void*>(x), 0, static_cast<std::size_t>(call.x.numel) * sizeof(T));
  for (std::size_t s = 0; s < sets.size(); ++s) {
    const std::vector<Tap>& taps = sets[s];
    const Int f = set_phase[s], phase[3] = {f / (g.stride[1] * g.stride[2]), f / g.stride[2] % g.stride[1], f % g.stride[2]};
    const Int n = static_cast<Int>(taps.size()), depth = g.out_channels * n;
    Scratch<T> gathered(g.groups * g.in_channels * depth);
    for (Int i = 0; i < g.groups; ++i)
      for (Int ch = 0; ch < g.in_channels; ++ch)
        for (Int o = 0; o < g.out_channels; ++o)
          for (Int t = 0; t < n; ++t)
            gathered.data()[(i * g.in_channels + ch) * depth + o * n + t] =
                w[((i * g.out_channels + o) * g.in_channels + ch) * whole + taps[static_cast<std::size_t>(t)].index];
    Correlation<T> c;
    c.images = g.images, c.groups = g.groups, c.rows = g.in_channels, c.channels = g.out_channels;
    c.src = y, c.size = g.positions, c.src_image = g.groups * g.out_channels * g.y_plane();
    Int step = 1, first = 0;
    for (int d = 2; d >= 0; --d) {
      c.count[d] = (g.size[d] - phase[d] - 1) / g.stride[d] + 1;
      c.dst_step[d] = step * g.stride[d], first += step * phase[d];
      step *= g.size[d];
    }
    c.dst = x + first, c.dst_image = g.groups * g.in_channels * g.x_plane(), c.dst_row = g.x_plane();
    c.weights = gathered.data(), c.bias = nullptr;
    correlate(c, TapPlan(taps, one, c.count[2]));
  }
}

void conv(const ConvCall& call) {
  switch (call.y.dtype) {
    case DType::float32: return forward<float>(call);
    case DType::float64: return forward<double>(call);
    default: return through_float(call, &ConvCall::y, conv);
  }
}

void conv_input(const ConvCall& call) {
  switch (call.y.dtype) {
    case DType::float32: return backward_input<float>(call);
    case DType::float64: return backward_input<double>(call);
    default: return through_float(call, &ConvCall::x, conv_input);
  }
}

}  // namespace

void through_float(const ConvCall& call, View ConvCall::* written, void (*kernel)(const ConvCall&)) {
  ConvCall wide = call;
  Tensor kept[4];
  View ConvCall::* const operands[] = {&ConvCall::x, &ConvCall::w, &ConvCall::y, &ConvCall::bias};
  for (int i = 0; i < 4; ++i) {
    const View& v = call.*operands[i];
    if (absent(v)) continue;
    kept[i] = detail::make_tensor(Shape(v.shape, v.ndim), float32, cpu_device);
    wide.*operands[i] = view_of(kept[i]);
    if (operands[i] != written) kernels(cpu_device).copy(wide.*operands[i], v);
  }
  kernel(wide);
  kernels(cpu_device).copy(call.*written, wide.*written);
}

void fill_conv(Kernels& k) {
  k.conv = conv;
  k.conv_input = conv_input;
  k.conv_weight = conv_weight;
}

}  // namespace ph::cpu
