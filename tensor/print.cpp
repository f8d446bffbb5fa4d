// Values as text, by the rules of NumPy's arrayprint.py: shortest digits that read back as the same number, at most `precision`
// after the point; scientific if the range asks for it; columns aligned; lines broken; "..." in the middle.
#include "playhead/tensor/print.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "playhead/tensor/error.h"

namespace ph {
namespace detail {

namespace {

thread_local constinit PrintOptions options;
using Scientific = PrintOptions::Scientific;

// --- one number ----------------------------------------------------------------------------------------------------------

// |value| = 0.d1d2d3… × 10^point, in decimal digits without trailing zeros.
struct Digits {
  std::string digits;
  int point = 0;
};

Digits from_scientific(const char* begin, const char* end) {
  Digits r;
  const char* p = begin;
  for (; p != end && *p != 'e'; ++p)
    if (*p != '.') r.digits += *p;
  int exponent = 0;
  if (p != end) std::from_chars(p + (p[1] == '+' ? 2 : 1), end, exponent);
  while (r.digits.size() > 1 && r.digits.back() == '0') r.digits.pop_back();
  r.point = exponent + 1;
  return r;
}

// How the dtype's own numbers are written with the fewest digits.
Digits shortest(double magnitude, DType t) {
  char text[64];
  if (t == float64) return from_scientific(text, std::to_chars(text, text + sizeof text, magnitude, std::chars_format::scientific).ptr);
  const auto single = static_cast<float>(magnitude);
  if (t == float32) return from_scientific(text, std::to_chars(text, text + sizeof text, single, std::chars_format::scientific).ptr);
  for (int digits = 0;; ++digits) {
    const char* end = std::to_chars(text, text + sizeof text, magnitude, std::chars_format::scientific, digits).ptr;
    double back = 0;
    std::from_chars(text, end, back);
    const auto f = static_cast<float>(back);
    if (digits == 8 || (t == float16 ? static_cast<float>(Half(f)) : static_cast<float>(BFloat16(f))) == single) return from_scientific(text, end);
  }
}

struct Parts {
  std::string whole, fraction;  // of the mantissa
  int exponent = 0;
};

// At most `most` digits after the point (all if negative), rounded from the number itself, not from its digits.
Parts positional(double magnitude, DType t, int most) {
  Digits d = shortest(magnitude, t);
  Parts r;
  if (most >= 0 && static_cast<int>(d.digits.size()) - d.point > most) {
    char text[400];  // 309 digits before the point, 50 after it
    const std::string all(text, std::to_chars(text, text + sizeof text, magnitude, std::chars_format::fixed, most).ptr);
    const std::size_t dot = all.find('.');
    r = {all.substr(0, dot), dot == std::string::npos ? "" : all.substr(dot + 1)};
  } else if (d.point <= 0) {
    r = {"0", std::string(static_cast<std::size_t>(-d.point), '0') + d.digits};
  } else {
    d.digits.append(static_cast<std::size_t>(std::max(0, d.point - static_cast<int>(d.digits.size()))), '0');
    r = {d.digits.substr(0, static_cast<std::size_t>(d.point)), d.digits.substr(static_cast<std::size_t>(d.point))};
  }
  while (!r.fraction.empty() && r.fraction.back() == '0') r.fraction.pop_back();
  return r;
}

Parts scientific(double magnitude, DType t, int most) {
  Digits d = shortest(magnitude, t);
  if (most >= 0 && static_cast<int>(d.digits.size()) - 1 > most) {
    char text[64];
    d = from_scientific(text, std::to_chars(text, text + sizeof text, magnitude, std::chars_format::scientific, most).ptr);
  }
  return {d.digits.substr(0, 1), d.digits == "0" ? "" : d.digits.substr(1), magnitude == 0 ? 0 : d.point - 1};
}

std::string exponent_text(int exponent, std::size_t digits) {
  std::string e = std::to_string(std::abs(exponent));
  if (e.size() < digits) e.insert(0, digits - e.size(), '0');
  return text(exponent < 0 ? "e-" : "e+", e);
}

std::string non_finite(double v, bool plus) {
  if (std::isnan(v)) return plus ? "+nan" : "nan";
  return v < 0 ? "-inf" : plus ? "+inf" : "inf";
}

// From here on a number is written with an exponent. By NumPy's rule: more digits than its dtype has would be noise. bfloat16, which
// NumPy does not know, has two, but 100 and 500 read better than 1.e+02 and 5.e+02: it goes with float16.
double large(DType t, double most) {
  return t == float64 ? most : t == float32 ? 1e6 : 1e3;
}

// A number that stands alone, as str() of a NumPy scalar. `point`: with ".0" where there is no fraction.
std::string alone(double v, DType t, bool plus, bool point) {
  if (!std::isfinite(v)) return non_finite(v, plus);
  const double m = std::fabs(v);
  const char* sign = std::signbit(v) ? "-" : plus ? "+" : "";
  const int most = options.precision == PrintOptions().precision ? -1 : options.precision;
  const bool plain = m == 0 || (m >= 1e-4 && m < large(t, 1e16));
  if (options.scientific == Scientific::if_needed ? plain : options.scientific == Scientific::never) {
    const Parts p = positional(m, t, most);
    return text(sign, p.whole, p.fraction.empty() ? "" : ".", p.fraction, p.fraction.empty() && point ? ".0" : "");
  }
  const Parts p = scientific(m, t, most);
  return text(sign, p.whole, p.fraction.empty() ? "" : ".", p.fraction, exponent_text(p.exponent, 2));
}

// --- columns of numbers ------------------------------------------------------------------------------------------------------

// One width and notation for all the values that are shown.
class FloatColumn {
 public:
  FloatColumn(const std::vector<double>& values, DType t, bool plus) : dtype_(t), plus_(plus) {
    double low = INFINITY, high = 0;
    bool any = false, special = false, negative_infinity = plus;
    for (const double v : values) {
      if (!std::isfinite(v)) {
        special = true;
        negative_infinity |= std::isinf(v) && v < 0;
        continue;
      }
      any = true;
      if (v == 0) continue;
      low = std::min(low, std::fabs(v));
      high = std::max(high, std::fabs(v));
    }
    const bool wide = high > 0 && (high >= large(dtype_, 1e8) || low < rounded(0.0001) || rounded(high / low) > 1000);
    scientific_ = options.scientific == Scientific::if_needed ? wide : options.scientific == Scientific::always;
    std::size_t exponent = 0;
    for (const double v : values) {
      if (!std::isfinite(v)) continue;
      const Parts p = parts(v);
      left_ = std::max(left_, p.whole.size());
      right_ = std::max(right_, p.fraction.size());
      if (scientific_) exponent = std::max(exponent, exponent_text(p.exponent, 2).size());
    }
    exponent_digits_ = exponent > 2 ? exponent - 2 : 0;
    after_ = any && scientific_ ? right_ + exponent : right_;
    if (special) {
      const std::size_t offset = after_ + 1, nan = 3, inf = 3 + negative_infinity;
      left_ = std::max({left_, nan > offset ? nan - offset : 0, inf > offset ? inf - offset : 0});
    }
  }

  std::string operator()(double v) const {
    if (!std::isfinite(v)) {
      const std::string s = non_finite(v, plus_);
      const std::size_t width = left_ + after_ + 1;
      return s.size() < width ? text(std::string(width - s.size(), ' '), s) : s;
    }
    Parts p = parts(v);
    if (scientific_ && v != 0 && p.fraction.size() < right_) {  // filled with the number's own digits, as NumPy does
      char digits[64];
      const char* end = std::to_chars(digits, digits + sizeof digits, std::fabs(v), std::chars_format::scientific, static_cast<int>(right_)).ptr;
      const char* exponent = digits + 3 + right_;
      p.whole.back() = digits[0];
      p.fraction.assign(digits + 2, right_);
      std::from_chars(exponent + (*exponent == '+'), end, p.exponent);
    }
    return text(std::string(left_ - p.whole.size(), ' '), p.whole, ".", p.fraction, std::string(right_ - p.fraction.size(), scientific_ ? '0' : ' '),
                scientific_ ? exponent_text(p.exponent, exponent_digits_) : "");
  }

 private:
  // With the sign in front of the whole part.
  Parts parts(double v) const {
    Parts p = scientific_ ? scientific(std::fabs(v), dtype_, options.precision) : positional(std::fabs(v), dtype_, options.precision);
    p.whole = text(std::signbit(v) ? "-" : plus_ ? "+" : "", p.whole);
    return p;
  }
  // NumPy compares in the array's own dtype.
  double rounded(double v) const {
    const auto f = static_cast<float>(v);
    return dtype_ == float64 ? v : dtype_ == float32 ? f : dtype_ == float16 ? static_cast<float>(Half(f)) : static_cast<float>(BFloat16(f));
  }

  DType dtype_;
  bool plus_, scientific_ = false;
  std::size_t left_ = 0, right_ = 0, after_ = 0, exponent_digits_ = 0;
};

// --- the elements that are shown -----------------------------------------------------------------------------------------------

// Along each dim, the indices that are shown; a gap in the middle if it is summarised.
struct Shown {
  std::vector<std::vector<std::int64_t>> index;
  std::vector<bool> gap;

  explicit Shown(const Tensor& x) {
    for (const std::int64_t n : x.shape()) {
      const std::int64_t edge = options.edgeitems;
      const bool cut = x.numel() > options.threshold && n / 2 >= edge && n > 2 * edge;
      std::vector<std::int64_t> at;
      for (std::int64_t i = 0; i < n; ++i)
        if (!cut || i < edge || i >= n - edge) at.push_back(i);
        else i = n - edge - 1;
      index.push_back(std::move(at));
      gap.push_back(cut);
    }
  }
};

template <class F>
void each_shown(const Tensor& x, const Shown& shown, int dim, const std::byte* p, const F& f) {
  if (dim == x.ndim()) return f(p);
  for (const std::int64_t i : shown.index[static_cast<std::size_t>(dim)])
    each_shown(x, shown, dim + 1, p + i * x.strides()[dim] * static_cast<std::int64_t>(x.itemsize()), f);
}

double float_at(const std::byte* p, DType t) {
  switch (t) {
    case DType::float16: return *reinterpret_cast<const Half*>(p);
    case DType::bfloat16: return *reinterpret_cast<const BFloat16*>(p);
    case DType::float32: return *reinterpret_cast<const float*>(p);
    default: return *reinterpret_cast<const double*>(p);
  }
}

std::string integer_at(const std::byte* p, DType t) {
  switch (t) {
    case DType::uint8: return std::to_string(*reinterpret_cast<const std::uint8_t*>(p));
    case DType::uint16: return std::to_string(*reinterpret_cast<const std::uint16_t*>(p));
    case DType::uint32: return std::to_string(*reinterpret_cast<const std::uint32_t*>(p));
    case DType::uint64: return std::to_string(*reinterpret_cast<const std::uint64_t*>(p));
    case DType::int8: return std::to_string(*reinterpret_cast<const std::int8_t*>(p));
    case DType::int16: return std::to_string(*reinterpret_cast<const std::int16_t*>(p));
    case DType::int32: return std::to_string(*reinterpret_cast<const std::int32_t*>(p));
    default: return std::to_string(*reinterpret_cast<const std::int64_t*>(p));
  }
}

// The words of the elements, in row-major order.
std::vector<std::string> words_of(const Tensor& x, const Shown& shown, bool repr) {
  const auto* data = static_cast<const std::byte*>(x.data_ptr());
  const DType t = x.dtype(), part = real_dtype(t);
  std::vector<std::string> words;
  if (is_bool(t)) {
    each_shown(x, shown, 0, data, [&](const std::byte* p) { words.push_back(*p != std::byte{0} ? (x.ndim() ? " True" : "True") : "False"); });
  } else if (is_integer(t)) {
    std::size_t width = 0;
    each_shown(x, shown, 0, data, [&](const std::byte* p) { words.push_back(integer_at(p, t)); });
    for (const std::string& w : words) width = std::max(width, w.size());
    for (std::string& w : words) w.insert(0, width - w.size(), ' ');
  } else {
    std::vector<double> re, im;
    each_shown(x, shown, 0, data, [&](const std::byte* p) {
      re.push_back(float_at(p, part));
      if (is_complex(t)) im.push_back(float_at(p + itemsize(part), part));
    });
    if (x.ndim() == 0 && !(repr && is_complex(t))) {
      if (!is_complex(t)) return {alone(re[0], part, false, true)};
      if (re[0] == 0 && !std::signbit(re[0])) return {text(alone(im[0], part, false, false), "j")};
      return {text("(", alone(re[0], part, false, false), alone(im[0], part, true, false), "j)")};
    }
    const FloatColumn real_column(re, part, false), imag_column(im, part, true);
    for (std::size_t i = 0; i < re.size(); ++i) {
      std::string w = real_column(re[i]);
      if (is_complex(t)) {
        std::string v = imag_column(im[i]);
        v.insert(v.find_last_not_of(' ') + 1, 1, 'j');
        w += v;
      }
      words.push_back(std::move(w));
    }
  }
  return words;
}

// --- brackets and lines ------------------------------------------------------------------------------------------------------------

constexpr int most_dims = 64;  // NumPy has no more

class Layout {
 public:
  Layout(const Shown& shown, std::vector<std::string> words, bool commas) : shown_(shown), words_(std::move(words)), comma_(commas ? "," : "") {}

  std::string block(std::size_t dim, const std::string& indent, int width) {
    const std::size_t dims_left = shown_.index.size() - dim, n = shown_.index[dim].size();
    if (dims_left == 1) return text("[", row(n, shown_.gap[dim], indent, width).substr(indent.size()), "]");
    std::string s;
    for (std::size_t i = 0; i < n; ++i) {
      const std::string separator = comma_ + std::string(dims_left - 1, '\n');
      if (shown_.gap[dim] && i == edge()) s += text(indent, "...", separator);
      s += text(indent, block(dim + 1, text(indent, " "), width - 1));
      if (i + 1 < n) s += separator;
    }
    return text("[", s.substr(indent.size()), "]");
  }

 private:
  static std::size_t edge() { return static_cast<std::size_t>(options.edgeitems); }
  std::string row(std::size_t n, bool gap, const std::string& indent, int width) {
    std::string done, line = indent;
    const auto add = [&](const std::string& word) {
      if (line.size() + word.size() > static_cast<std::size_t>(std::max(0, width - 1)) && line.size() > indent.size()) {
        done += text(line.substr(0, line.find_last_not_of(' ') + 1), "\n");
        line = indent;
      }
      line += word;
    };
    for (std::size_t i = 0; i < n; ++i) {
      if (gap && i == edge()) {
        add("...");
        line += comma_ + ' ';
      }
      add(words_[next_++]);
      if (i + 1 < n) line += comma_ + ' ';
    }
    return done + line;
  }

  const Shown& shown_;
  std::vector<std::string> words_;
  std::string comma_;
  std::size_t next_ = 0;
};

}  // namespace

std::string array_text(const Tensor& x, bool commas, int indent) {
  if (x.numel() == 0) return "[]";
  if (x.ndim() > most_dims) return text("<", x.numel(), " elements in ", x.ndim(), " dimensions>");  // brackets nest, and so do calls
  const Tensor host = x.is_cpu() ? x : x.detach().cpu();
  const Shown shown(host);
  std::vector<std::string> words = words_of(host, shown, commas);
  if (host.ndim() == 0) return words[0];
  // NumPy's repr leaves room for the bracket that closes it.
  return Layout(shown, std::move(words), commas).block(0, std::string(static_cast<std::size_t>(indent) + 1, ' '), options.linewidth - commas);
}

}  // namespace detail

PrintOptions print_options() { return detail::options; }

PrintOptions set_print_options(const PrintOptions& o) {
  const char* op = "set_print_options";
  if (o.precision < 0 || o.precision > 50) value_error(op, "precision must be from 0 to 50; got precision=", o.precision);
  if (o.threshold < 0) value_error(op, "threshold must not be negative; got threshold=", o.threshold);
  if (o.edgeitems < 1) value_error(op, "edgeitems must be at least 1; got edgeitems=", o.edgeitems);
  if (o.linewidth < 1) value_error(op, "linewidth must be at least 1; got linewidth=", o.linewidth);
  const PrintOptions before = detail::options;
  detail::options = o;
  return before;
}

}  // namespace ph
