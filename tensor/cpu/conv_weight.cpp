// The gradient of a convolution's weight: for each tap, the product of the incoming gradient and the shifted input, summed over
// positions and images. Images are shared out in a fixed way; each share sums for itself, and the sums are added in order.
#include "playhead/tensor/cpu/conv_plan.h"
#include "playhead/tensor/cpu/gemm.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/stencil.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

constexpr Int plane_bytes = 256 << 10, most_shares = 16, share_bytes = 32 << 20;

/// How the sums of one group are computed, and so how they lie: `o`, `c`, `t` are the steps of the weight's indices.
enum class Way { taps, rows, dots };
struct Lie {
  Int o, c, t, total;
};

template <class T>
class WeightGradient {
 public:
  explicit WeightGradient(const ConvCall& call) : g_(call), x_(call.x.as<T>()), y_(call.y.as<T>()), w_(call.w.as<T>()), plan_(g_.all_taps(), g_.stride, g_.positions[2]) {
    const Int taps = g_.taps();
    // Many input channels are the columns of one product per tap. Few: the taps and channels are the rows, the output channels
    // the columns. Next to none on both sides (depthwise): dot products of planes, whose parts lie side by side.
    way_ = g_.in_channels >= 12 ? Way::taps : g_.out_channels >= 4 ? Way::rows : Way::dots;
    channels_ = ceil_div(g_.in_channels, 4) * 4, outs_ = ceil_div(g_.out_channels, 4) * 4;
    if (way_ == Way::taps) lie_ = {channels_, 1, g_.out_channels * channels_, taps * g_.out_channels * channels_};
    else if (way_ == Way::rows) lie_ = {1, taps * outs_, outs_, g_.in_channels * taps * outs_};
    else lie_ = {g_.in_channels * taps, taps, 1, g_.out_channels * g_.in_channels * taps};
    const Int kinds = static_cast<Int>(plan_.kinds.size());
    Int chunk = plane_bytes / static_cast<Int>(sizeof(T)) / ((g_.in_channels * kinds + g_.out_channels) * plan_.pitch) - plan_.span;
    const Int least = plan_.span + 1 < 4 ? 4 : plan_.span + 1;
    chunk = chunk < least ? least : chunk;
    chunks_ = ceil_div(g_.positions[1], chunk < g_.positions[1] ? chunk : g_.positions[1]);
    chunk_ = ceil_div(g_.positions[1], chunks_);
    // Small images are taken several at a time, so that the sums are not carried to memory and back for each.
    const Int room = plane_bytes / static_cast<Int>(sizeof(T)) / ((g_.in_channels * kinds + g_.out_channels) * plan_.rows(chunk_) * plan_.pitch);
    if (chunks_ * g_.positions[0] == 1 && way_ != Way::dots) together_ = ceil_div(384, g_.y_plane());
    together_ = together_ < room ? together_ : room > 1 ? room : 1;
  }

  void run() {
    const Int steps = ceil_div(g_.images, together_) * g_.positions[0] * chunks_, per_share = g_.groups * lie_.total;
    Int shares = share_bytes / (per_share * static_cast<Int>(sizeof(T)));
    const Int useful = ceil_div(4 * most_shares, g_.groups);  // groups are independent work already
    shares = shares < most_shares ? shares : most_shares;
    shares = shares < useful ? shares : useful;
    shares = shares > 1 ? shares : 1;
    const double work = static_cast<double>(g_.out_channels * g_.in_channels * g_.taps()) * static_cast<double>(g_.y_plane() * g_.images);
    if (work * static_cast<double>(g_.groups) < 1e6) shares = 1;
    const Int length = ceil_div(steps, shares);
    shares = ceil_div(steps, length);
    Scratch<T> sums(shares * per_share);
    parallel_for(shares * g_.groups, 1, [&](Int first, Int last) {
      for (Int i = first; i < last; ++i) {
        const Int share = i % shares, group = i / shares, end = (share + 1) * length;
        share_of(group, share * length, end < steps ? end : steps, sums.data() + share * per_share + group * lie_.total);
      }
    });
    // The innermost loop runs along the sums' memory: input channels, or output channels.
    const Int taps = g_.taps(), blocks = way_ == Way::taps ? g_.out_channels : 1;
    parallel_for(g_.groups * blocks, ceil_div(1 << 16, g_.in_channels * taps * (g_.out_channels / blocks) * shares), [&](Int first, Int last) {
      for (Int i = first; i < last; ++i) {
        const Int group = i / blocks, o0 = way_ == Way::taps ? i % blocks : 0, o1 = way_ == Way::taps ? o0 + 1 : g_.out_channels;
        for (Int t = 0; t < taps; ++t)
          for (Int c = 0; c < g_.in_channels; ++c)
            for (Int o = o0; o < o1; ++o) {
              const T* s = sums.data() + group * lie_.total + o * lie_.o + c * lie_.c + t * lie_.t;
              T sum = s[0];
              for (Int share = 1; share < shares; ++share) sum += s[share * per_share];
              w_[((group * g_.out_channels + o) * g_.in_channels + c) * taps + t] = sum;
            }
      }
    });
  }

 private:
  /// The sums of one group over the steps (chunks of rows of images) first to last. Only products that belong to the sum are
  /// made: padding the gradient with zeros instead would turn an infinity beside them into NaN.
  void share_of(Int group, Int first, Int last, T* sums) {
    const Int kinds = static_cast<Int>(plan_.kinds.size()), taps = g_.taps(), slack = ShiftedGemm<T>::slack, wide = g_.positions[2];
    const bool by_taps = way_ == Way::taps;
    const Int plane = plan_.rows(chunk_) * plan_.pitch, one = chunk_ * wide, most = together_ * one, entries = g_.in_channels * taps;
    const Int width = by_taps ? channels_ : outs_, layer = together_ * plane;  // the planes of one kind, of all images of a step
    if (way_ == Way::dots) return dots_of(group, first, last, sums);
    Scratch<T> planes(g_.in_channels * plane), columns(by_taps ? 0 : entries * most), gathered(together_ > 1 ? g_.out_channels * most : 0);
    Scratch<T> turned((by_taps ? kinds * layer * channels_ : most * outs_) + slack), left(((by_taps ? g_.out_channels : entries) + 3) * most);
    std::vector<Int> offsets(static_cast<std::size_t>(most));
    std::memset(static_cast<void*>(sums), 0, static_cast<std::size_t>(lie_.total) * sizeof(T));
    for (Int step = first; step < last; ++step) {
      const Int y = step % chunks_ * chunk_, z = step / chunks_ % g_.positions[0], image = step / chunks_ / g_.positions[0] * together_;
      const Int rows = g_.positions[1] - y < chunk_ ? g_.positions[1] - y : chunk_, n = rows * wide;
      const Int items = g_.images - image < together_ ? g_.images - image : together_;
      for (Int p = 0; p < items * n; ++p)
        offsets[static_cast<std::size_t>(p)] = (by_taps ? p / n * plane + p % n / wide * plan_.pitch + p % wide : p) * width;
      const T* grads = y_ + (image * g_.groups + group) * g_.out_channels * g_.y_plane() + (z * g_.positions[1] + y) * wide;
      Int grads_row = g_.y_plane();
      if (items > 1) {
        for (Int o = 0; o < g_.out_channels; ++o)
          for (Int i = 0; i < items; ++i)
            std::memcpy(gathered.data() + (o * items + i) * n, grads + (i * g_.groups * g_.out_channels + o) * g_.y_plane(), static_cast<std::size_t>(n) * sizeof(T));
        grads = gathered.data(), grads_row = items * n;
      }
      for (Int i = 0; i < items; ++i)
        for (Int k = 0; k < kinds; ++k) {
          const T* x = x_ + ((image + i) * g_.groups + group) * g_.in_channels * g_.x_plane();
          for (Int c = 0; c < g_.in_channels; ++c)
            fill_plane(planes.data() + c * plane, x + c * g_.x_plane(), g_.size, plan_, plan_.kinds[static_cast<std::size_t>(k)], z, y, plan_.rows(rows));
          if (by_taps) turn(turned.data() + (k * layer + i * plane) * channels_, channels_, planes.data(), plane, g_.in_channels, plan_.rows(rows) * plan_.pitch);
          else copy_columns(columns.data() + i * n, items * n, planes.data(), k, plane, rows);
        }
      ShiftedGemm<T> p;
      p.k = items * n, p.a = left.data(), p.offsets = offsets.data(), p.accumulate = true;
      if (by_taps) {
        pack_left(left.data(), grads, grads_row, 1, g_.out_channels, items * n);
        p.m = g_.out_channels, p.n = g_.in_channels, p.c_row = channels_;
        for (Int t = 0; t < taps; ++t) {
          p.b = turned.data() + (plane_of(t) * layer + shift_of(t)) * channels_;
          p.c = sums + t * lie_.t;
          shifted(p);
        }
      } else {
        pack_left(left.data(), columns.data(), items * n, 1, entries, items * n);
        turn(turned.data(), outs_, grads, grads_row, g_.out_channels, items * n);
        p.m = entries, p.n = g_.out_channels, p.b = turned.data(), p.c = sums, p.c_row = outs_;
        shifted(p);
      }
    }
  }

  /// The same by dot products: the planes of all kinds of one channel at a time.
  void dots_of(Int group, Int first, Int last, T* sums) {
    constexpr Int lanes = StencilDots<T>::lanes;
    const Int kinds = static_cast<Int>(plan_.kinds.size()), taps = g_.taps(), plane = plan_.rows(chunk_) * plan_.pitch, wide = g_.positions[2];
    Scratch<T> planes(kinds * plane + ShiftedGemm<T>::slack), parts(lie_.total * lanes);
    std::memset(static_cast<void*>(parts.data()), 0, static_cast<std::size_t>(lie_.total * lanes) * sizeof(T));
    std::vector<Int> offsets;
    for (Int t = 0; t < taps; ++t) offsets.push_back(plane_of(t) * plane + shift_of(t));
    for (Int step = first; step < last; ++step) {
      const Int y = step % chunks_ * chunk_, z = step / chunks_ % g_.positions[0], image = step / chunks_ / g_.positions[0] * g_.groups + group;
      const Int rows = g_.positions[1] - y < chunk_ ? g_.positions[1] - y : chunk_;
      for (Int c = 0; c < g_.in_channels; ++c) {
        const T* x = x_ + (image * g_.in_channels + c) * g_.x_plane();
        for (Int k = 0; k < kinds; ++k) fill_plane(planes.data() + k * plane, x, g_.size, plan_, plan_.kinds[static_cast<std::size_t>(k)], z, y, plan_.rows(rows));
        for (Int o = 0; o < g_.out_channels; ++o)
          stencil_dots({rows, wide, taps, planes.data(), plan_.pitch, offsets.data(),
                        y_ + (image * g_.out_channels + o) * g_.y_plane() + (z * g_.positions[1] + y) * wide, wide,
                        parts.data() + (o * lie_.o + c * lie_.c) * lanes});
      }
    }
    for (Int i = 0; i < lie_.total; ++i) {
      T* p = parts.data() + i * lanes;
      for (Int half = lanes / 2; half > 0; half /= 2)
        for (Int j = 0; j < half; ++j) p[j] += p[j + half];
      sums[i] = p[0];
    }
  }

  /// What the taps of plane kind `kind` read, row after row: row c * taps + t of `dst`.
  void copy_columns(T* dst, Int dst_row, const T* planes, Int kind, Int plane, Int rows) const {
    const Int wide = g_.positions[2], taps = g_.taps();
    for (Int c = 0; c < g_.in_channels; ++c)
      for (Int t = 0; t < taps; ++t)
        for (Int r = 0; r < rows && plane_of(t) == kind; ++r)
          std::memcpy(dst + (c * taps + t) * dst_row + r * wide, planes + c * plane + shift_of(t) + r * plan_.pitch, static_cast<std::size_t>(wide) * sizeof(T));
  }

  Int plane_of(Int t) const { return plan_.plane[static_cast<std::size_t>(t)]; }
  Int shift_of(Int t) const { return plan_.shift[static_cast<std::size_t>(t)]; }

  Geometry g_;
  const T *x_, *y_;
  T* w_;
  TapPlan plan_;
  Way way_;
  Lie lie_;
  Int channels_, outs_;  // rounded up to whole vectors of four
  Int chunks_, chunk_;   // rows of positions per step
  Int together_ = 1;     // images per step
};

template <class T>
void backward_weight(const ConvCall& call) {
  if (call.w.numel == 0) return;
  if (call.x.numel == 0 || call.y.numel == 0) {
    std::memset(call.w.data, 0, static_cast<std::size_t>(call.w.numel) * sizeof(T));
    return;
  }
  WeightGradient<T>(call).run();
}

}  // namespace

void conv_weight(const ConvCall& call) {
  switch (call.y.dtype) {
    case DType::float32: return backward_weight<float>(call);
    case DType::float64: return backward_weight<double>(call);
    default: return through_float(call, &ConvCall::w, conv_weight);
  }
}

}  // namespace ph::cpu
