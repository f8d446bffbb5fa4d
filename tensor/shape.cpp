// Shape arithmetic: sizes that are checked before anything is allocated, strides, broadcasting, dimension names.
#include "playhead/tensor/shape.h"

#include <algorithm>
#include <cstring>

#include "playhead/tensor/error.h"

namespace ph {

void Shape::reserve(int n) {
  const int capacity = std::max(n, 2 * capacity_);
  auto* p = new std::int64_t[static_cast<std::size_t>(capacity)];
  std::memcpy(p, data(), static_cast<std::size_t>(n_) * sizeof *p);
  drop();
  heap_ = p;
  capacity_ = capacity;
}

void Shape::insert(int i, std::int64_t v) {
  push_back(v);
  std::rotate(begin() + i, end() - 1, end());
}

void Shape::erase(int i) {
  std::copy(begin() + i + 1, end(), begin() + i);
  --n_;
}

Shape Shape::filled(int n, std::int64_t value) {
  Shape s;
  s.grow(n);
  s.n_ = n;
  std::fill(s.begin(), s.end(), value);
  return s;
}

std::string to_string(const Shape& s) {
  std::string r = "[";
  for (int i = 0; i < s.size(); ++i) r += (i ? ", " : "") + text(s[i]);
  return r + "]";
}

std::int64_t numel(const Shape& s) noexcept {
  std::int64_t n = 1;
  for (const std::int64_t d : s) n *= d;
  return n;
}

std::int64_t checked_numel(const char* op, const Shape& s, std::size_t itemsize) {
  std::int64_t n = 1, bytes = static_cast<std::int64_t>(itemsize);
  bool overflow = false, zero = false;
  for (const std::int64_t d : s) {
    if (d < 0) value_error(op, "sizes must not be negative; got shape=", s);
    zero |= d == 0;
    overflow |= __builtin_mul_overflow(n, d == 0 ? 1 : d, &n) || __builtin_mul_overflow(bytes, d == 0 ? 1 : d, &bytes);
  }
  // An empty tensor of absurd sizes is refused as well: its views would overflow.
  if (overflow) value_error(op, "too many elements; got shape=", s);
  return zero ? 0 : n;
}

Strides contiguous_strides(const Shape& s) {
  Strides r;
  r.resize(s.size());
  std::int64_t step = 1;
  for (int i = s.size() - 1; i >= 0; --i) {
    r[i] = step;
    step *= std::max<std::int64_t>(s[i], 1);
  }
  return r;
}

bool is_contiguous(const Shape& shape, const Strides& strides) noexcept {
  std::int64_t step = 1;
  bool ok = true;
  for (int i = shape.size() - 1; i >= 0; --i) {
    if (shape[i] == 0) return true;
    if (shape[i] != 1 && strides[i] != step) ok = false;
    step *= shape[i];
  }
  return ok;
}

Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b) {
  const int n = std::max(a.size(), b.size());
  Shape r;
  r.resize(n);
  for (int i = 1; i <= n; ++i) {
    const std::int64_t p = i <= a.size() ? a[a.size() - i] : 1, q = i <= b.size() ? b[b.size() - i] : 1;
    if (p != q && p != 1 && q != 1)
      value_error(op, "shapes do not broadcast; got a=", a, ", b=", b, " (", p, " vs ", q, " at dimension ", -i, ")");
    r[n - i] = p == 1 ? q : p;
  }
  return r;
}

int normalize_dim(const char* op, std::int64_t dim, int ndim) {
  const int n = std::max(ndim, 1);
  if (dim < -n || dim >= n) index_error(op, "dimension out of range; got dim=", dim, " for ", ndim, ndim == 1 ? " dimension" : " dimensions");
  return static_cast<int>(dim < 0 ? dim + n : dim);
}

Shape normalize_dims(const char* op, const Shape& dims, int ndim) {
  Shape r;
  if (dims.empty()) {
    for (int i = 0; i < ndim; ++i) r.push_back(i);
    return r;
  }
  for (const std::int64_t d : dims) {
    const int k = normalize_dim(op, d, ndim);
    if (ndim > 0) r.push_back(k);
  }
  std::sort(r.begin(), r.end());
  if (std::adjacent_find(r.begin(), r.end()) != r.end()) value_error(op, "a dimension is repeated; got dims=", dims);
  return r;
}

Shape infer_shape(const char* op, const Shape& shape, std::int64_t numel) {
  Shape r = shape;
  int hole = -1;
  std::int64_t known = 1;
  for (int i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1) {
      if (hole >= 0) value_error(op, "only one size may be -1; got shape=", shape);
      hole = i;
    } else if (shape[i] < 0) {
      value_error(op, "sizes must not be negative; got shape=", shape);
    } else if (__builtin_mul_overflow(known, shape[i], &known)) {
      value_error(op, "too many elements; got shape=", shape);
    }
  }
  if (hole >= 0) {
    if (known == 0) value_error(op, "-1 is ambiguous beside a size of 0; got shape=", shape);
    if (numel % known != 0) value_error(op, "element counts must match; got shape=", shape, " for ", numel, " elements");
    r[hole] = numel / known;
  } else if (known != numel) {
    value_error(op, "element counts must match; got shape=", shape, " for ", numel, " elements");
  }
  return r;
}

}  // namespace ph
