// Short-time Fourier transforms, and playhead.signal.windows.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
namespace {
using I = std::int64_t;

/// PyTorch has 'reflect' and what NumPy calls 'constant', 'edge' and 'wrap' under its own names.
Pad pad_mode(const std::string& mode) {
  if (mode == "reflect") return Pad::reflect;
  if (mode == "constant") return Pad::constant;
  if (mode == "replicate") return Pad::replicate;
  if (mode == "circular") return Pad::circular;
  value_error("stft", "pad_mode must be one of 'reflect', 'constant', 'replicate', 'circular'; got '", mode, "'");
}
Sides sides(const std::optional<bool>& onesided) { return !onesided ? Sides::automatic : *onesided ? Sides::one : Sides::two; }
I positive(const char* op, const char* name, const std::optional<I>& v) {
  if (v && *v < 1) value_error(op, name, " must be positive; got ", name, "=", *v);
  return v.value_or(0);
}
/// A sequence of numbers.
struct Numbers {
  std::vector<double> v;
};
}  // namespace

template <> struct From<Numbers> {
  static constexpr const char* type = "Sequence[float]";
  static Numbers get(PyObject* o, const Arg& a) {
    const Object all(PySequence_Fast(o, ""));
    if (!all) {
      PyErr_Clear();
      wrong_argument(a, "a sequence of numbers", o);
    }
    Numbers r;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(all.get()); ++i) r.v.push_back(to_double(PySequence_Fast_GET_ITEM(all.get(), i), a));
    return r;
  }
};

void define_stft() {
  op("stft", "x, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode='reflect', normalized=False, onesided=None, return_complex=True",
     [](const Tensor& x, I n, const std::optional<I>& hop, const std::optional<I>& length, const MaybeTensor& window, bool center, const std::string& mode, bool normalized,
        const std::optional<bool>& onesided, bool complex) {
       return stft(x, n, {.hop_length = positive("stft", "hop_length", hop), .win_length = positive("stft", "win_length", length), .window = window, .center = center,
                          .pad_mode = pad_mode(mode), .normalized = normalized, .sides = sides(onesided), .return_complex = complex});
     });
  op("istft", "x, n_fft, hop_length=None, win_length=None, window=None, center=True, normalized=False, onesided=None, length=None, return_complex=False",
     [](const Tensor& x, I n, const std::optional<I>& hop, const std::optional<I>& win, const MaybeTensor& window, bool center, bool normalized,
        const std::optional<bool>& onesided, const std::optional<I>& length, bool complex) {
       return istft(x, n, {.hop_length = positive("istft", "hop_length", hop), .win_length = positive("istft", "win_length", win), .window = window, .center = center,
                           .normalized = normalized, .sides = sides(onesided), .length = positive("istft", "length", length) - (length ? 0 : 1), .return_complex = complex});
     });
  // PyTorch's older names, whose windows are periodic unless told otherwise.
#define PH_WINDOW(name)                                                              \
  "window_length, periodic=True, *, dtype=None, device=None, requires_grad=False",   \
  [](I m, bool periodic, const MaybeDType& dtype, const MaybeDevice& device, bool grad) { return signal::windows::name(m, !periodic, options(dtype, device, grad)); }
  /// signal.windows.bartlett, periodic unless told otherwise.
  function("bartlett_window", PH_WINDOW(bartlett));
  /// signal.windows.blackman, periodic unless told otherwise.
  function("blackman_window", PH_WINDOW(blackman));
  /// signal.windows.hamming, periodic unless told otherwise.
  function("hamming_window", PH_WINDOW(hamming));
  /// signal.windows.hann, periodic unless told otherwise.
  function("hann_window", PH_WINDOW(hann));
#undef PH_WINDOW
  /// signal.windows.kaiser, periodic unless told otherwise.
  function("kaiser_window", "window_length, periodic=True, beta=12.0, *, dtype=None, device=None, requires_grad=False",
           [](I m, bool periodic, double beta, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
             return signal::windows::kaiser(m, beta, !periodic, options(dtype, device, grad));
           });
}

void define_windows() {
#define PH_LAST "sym=True, dtype=None, device=None, requires_grad=False"
#define PH_LAST_PARAMETERS bool sym, const MaybeDType &dtype, const MaybeDevice &device, bool grad
#define PH_LAST_ARGUMENTS sym, options(dtype, device, grad)
#define PH_PLAIN(name) function(#name, "M, *, " PH_LAST, [](I m, PH_LAST_PARAMETERS) { return signal::windows::name(m, PH_LAST_ARGUMENTS); });
  PH_PLAIN(bartlett) PH_PLAIN(blackman) PH_PLAIN(cosine) PH_PLAIN(hamming) PH_PLAIN(hann) PH_PLAIN(nuttall)
#undef PH_PLAIN
  function("exponential", "M, *, center=None, tau=1.0, " PH_LAST, [](I m, const std::optional<double>& center, double tau, PH_LAST_PARAMETERS) {
    return signal::windows::exponential(m, tau, center.value_or(__builtin_nan("")), PH_LAST_ARGUMENTS);
  });
  function("gaussian", "M, *, std=1.0, " PH_LAST, [](I m, double std, PH_LAST_PARAMETERS) { return signal::windows::gaussian(m, std, PH_LAST_ARGUMENTS); });
  function("general_cosine", "M, *, a, " PH_LAST, [](I m, const Numbers& a, PH_LAST_PARAMETERS) { return signal::windows::general_cosine(m, a.v, PH_LAST_ARGUMENTS); });
  function("general_hamming", "M, *, alpha=0.54, " PH_LAST, [](I m, double alpha, PH_LAST_PARAMETERS) { return signal::windows::general_hamming(m, alpha, PH_LAST_ARGUMENTS); });
  function("kaiser", "M, *, beta=12.0, " PH_LAST, [](I m, double beta, PH_LAST_PARAMETERS) { return signal::windows::kaiser(m, beta, PH_LAST_ARGUMENTS); });
#undef PH_LAST
#undef PH_LAST_PARAMETERS
#undef PH_LAST_ARGUMENTS
}

}  // namespace ph::python
