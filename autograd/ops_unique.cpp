// Distinct values and membership, made of sorts: the second part of ops_sort.h.
#include <algorithm>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/ops_sort.h"
#include "playhead/tensor/kernels.h"

namespace PH_PUBLIC ph {

// --- distinct values ---------------------------------------------------------------------------------------------------

namespace {

/// The runs of equal neighbours along v's first dim, whose entries come from `places` of x.
UniqueAll runs(const Tensor& v, const Tensor& places, const Shape& inverse_shape) {
  const std::int64_t n = v.size(0);
  if (n == 0) return {v, places, zeros(inverse_shape, {.dtype = int64, .device = v.device()}), places};
  Tensor differs = not_equal(narrow(v, 0, 1, n - 1), narrow(v, 0, 0, n - 1));
  if (v.ndim() > 1) differs = any(reshape(differs, {n - 1, v.numel() / n}), 1);
  const Tensor first = cat({ones({1}, {.dtype = bool_, .device = v.device()}), differs}, 0);
  const Tensor run = sub(cumsum(first, 0), 1), starts = nonzero(first)[0];
  return {index_select(v, 0, starts), index_select(places, 0, starts), reshape(scatter(zeros_like(places), 0, places, run), inverse_shape),
          diff(starts, 1, 0, {}, full({1}, n, {.dtype = int64, .device = v.device()}))};
}

/// The entries of v's first dim in lexicographic order.
Tensor order_of(const Tensor& v) {
  const std::int64_t n = v.size(0);
  if (v.ndim() == 1 && !is_complex(v.dtype())) return argsort(v);
  const Tensor parts = is_complex(v.dtype()) ? view_as_real(v) : v;
  const Tensor rows = reshape(parts, {n, n > 0 ? parts.numel() / n : 0}).contiguous();
  Tensor order = detail::make_tensor({n}, int64, v.device());
  kernels(v.device()).lexsort(view_of(order), view_of(rows));
  return order;
}

Tensor positions(const Tensor& v) { return arange(v.size(0), {.dtype = int64, .device = v.device()}); }
Tensor flat(const Tensor& x) { return reshape(x.detach(), x.numel()); }

/// x's dim first.
Tensor in_front(const char* op, const Tensor& x, std::int64_t dim) {
  if (x.ndim() == 0) value_error(op, "needs at least one dimension; got shape=[]");
  return movedim(x.detach(), normalize_dim(op, dim, x.ndim()), 0);
}
UniqueAll put_back(UniqueAll u, std::int64_t dim) {
  u.values = movedim(u.values, 0, dim);
  return u;
}

}  // namespace

UniqueAll unique_all(const Tensor& x) {
  const Tensor v = flat(x), order = order_of(v);
  return runs(index_select(v, 0, order), order, x.shape());
}
UniqueAll unique_all(const Tensor& x, std::int64_t dim) {
  const Tensor v = in_front("unique_all", x, dim), order = order_of(v);
  return put_back(runs(index_select(v, 0, order), order, {v.size(0)}), dim);
}
UniqueAll unique_consecutive(const Tensor& x) { return runs(flat(x), positions(flat(x)), x.shape()); }
UniqueAll unique_consecutive(const Tensor& x, std::int64_t dim) {
  const Tensor v = in_front("unique_consecutive", x, dim);
  return put_back(runs(v, positions(v), {v.size(0)}), dim);
}
UniqueCounts unique_counts(const Tensor& x) {
  const UniqueAll u = unique_all(x);
  return {u.values, u.counts};
}
UniqueInverse unique_inverse(const Tensor& x) {
  const UniqueAll u = unique_all(x);
  return {u.values, u.inverse_indices};
}
Tensor unique_values(const Tensor& x) { return unique_all(x).values; }
Tensor unique(const Tensor& x, std::int64_t dim) { return unique_all(x, dim).values; }

// --- membership ----------------------------------------------------------------------------------------------------------

namespace {

/// A number as a tensor that compares with elements of dtype `t` by value; undefined if none of them can equal it.
Tensor comparable(Scalar s, DType t, Device device) {
  if (is_integer(t) && s.is_integer()) {
    const IntegerInfo limits = iinfo(t);
    const bool negative = s.kind() == Scalar::Kind::integer && s.to<std::int64_t>() < 0;
    if (negative ? s.to<std::int64_t>() < limits.min : s.to<std::uint64_t>() > limits.max) return {};
  }
  return full({}, s, {.dtype = weak_promote(t, s), .device = device});
}

}  // namespace

Tensor isin(const Tensor& x, const Tensor& test, bool assume_unique, bool invert) {
  if (x.device() != test.device()) runtime_error("isin", "devices must match; got x=", x.device(), ", test=", test.device());
  if (!can_promote(x.dtype(), test.dtype())) type_error("isin", "dtypes do not promote; got x=", x.dtype(), ", test=", test.dtype());
  if (test.numel() == 0) return full(x.shape(), invert, {.dtype = bool_, .device = x.device()});
  const DType t = promote(x.dtype(), test.dtype());
  const Tensor v = x.detach().to(t), among = flat(test).to(t);
  if (is_complex(t)) {  // their numbers in a common order can be searched
    const Tensor ids = unique_inverse(cat({flat(v), among}, 0)).inverse_indices;
    return isin(reshape(narrow(ids, 0, 0, v.numel()), x.shape()), narrow(ids, 0, v.numel(), among.numel()), assume_unique, invert);
  }
  const Tensor sorted = sort(among).values, found = take(sorted, minimum(searchsorted(sorted, v), among.numel() - 1));
  return invert ? not_equal(found, v) : equal(found, v);
}

Tensor isin(const Tensor& x, Scalar test, bool assume_unique, bool invert) {
  const Tensor number = comparable(test, x.dtype(), x.device());
  if (!number.defined()) return full(x.shape(), invert, {.dtype = bool_, .device = x.device()});
  return isin(x, number, assume_unique, invert);
}
Tensor isin(Scalar x, const Tensor& test, bool assume_unique, bool invert) {
  const Tensor number = comparable(x, test.dtype(), test.device());
  if (!number.defined()) return full({}, invert, {.dtype = bool_, .device = test.device()});
  return isin(number, test, assume_unique, invert);
}

}  // namespace ph
