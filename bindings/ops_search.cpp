// Searching, distinct values, counts, and the gradient of samples.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
PH_RESULT(UniqueAll, values, indices, inverse_indices, counts)
PH_RESULT(UniqueCounts, values, counts)
PH_RESULT(UniqueInverse, values, inverse_indices)
PH_RESULT(Histogram, hist, bin_edges)

namespace {
using I = std::int64_t;
using Tensors = std::vector<Tensor>;

/// Numbers, also in pairs: [(0, 1), (0, 2)] is [0, 1, 0, 2].
struct Numbers {
  std::vector<double> all;
};
/// A number, or an edge tensor, for each coordinate.
struct Bins {
  Shape counts;
  Tensors edges;
};
/// Distances between points for each dim, or the points.
struct Spacing {
  std::vector<double> distances;
  Tensors points;
};

bool is_list(PyObject* o) { return PyTuple_Check(o) || PyList_Check(o); }
/// Calls f(item) for each of a list or tuple.
template <class F> void each(PyObject* list, F f) {
  const Object fast = checked(PySequence_Fast(list, "a list"));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast.get()); ++i) f(PySequence_Fast_GET_ITEM(fast.get(), i));
}

/// searchsorted's `side`, and PyTorch's `right`, which must not contradict it.
bool right_side(const std::optional<std::string>& side, bool right) {
  if (!side) return right;
  if (*side != "left" && *side != "right") value_error("searchsorted", "side must be 'left' or 'right'; got '", *side, "'");
  if (right && *side == "left") value_error("searchsorted", "right=True contradicts side='left'");
  return *side == "right";
}
Tensor narrowed(const Tensor& y, bool out_int32) { return out_int32 ? y.to(int32) : y; }

Object distinct(const UniqueAll& u, bool inverse, bool counts) {
  if (!inverse && !counts) return checked(wrap(Tensor(u.values)));
  Tensors parts = {u.values};
  if (inverse) parts.push_back(u.inverse_indices);
  if (counts) parts.push_back(u.counts);
  return checked(Into<Tensors>::get(std::move(parts)));
}

HistogramOptions counting(const std::optional<Numbers>& range, const MaybeTensor& weight, bool density) {
  return {.range = range ? range->all : std::vector<double>(), .weight = weight, .density = density};
}

}  // namespace

template <> struct From<Numbers> {
  static constexpr const char* type = "Sequence[float] | Sequence[tuple[float, float]]";
  static Numbers get(PyObject* o, const Arg& a) {
    if (!is_list(o)) wrong_argument(a, "a sequence of numbers", o);
    Numbers n;
    each(o, [&](PyObject* v) {
      if (is_list(v)) each(v, [&](PyObject* w) { n.all.push_back(to_double(w, a)); });
      else n.all.push_back(to_double(v, a));
    });
    return n;
  }
};
template <> struct OrNone<Numbers> { static constexpr const char* type = "Sequence[float] | Sequence[tuple[float, float]] | None"; };
template <> struct From<Bins> {
  static constexpr const char* type = "int | Tensor | Sequence[int] | Sequence[Tensor]";
  static Bins get(PyObject* o, const Arg& a) {
    if (is_tensor(o)) return {{}, {tensor_of(o)}};
    if (!is_list(o)) return {{to_int(o, a, "a number of bins, or Tensors of edges")}, {}};
    Bins b;
    each(o, [&](PyObject* v) { is_tensor(v) ? b.edges.push_back(tensor_of(v)) : b.counts.push_back(to_int(v, a)); });
    if (!b.edges.empty() && !b.counts.empty()) wrong_argument(a, "numbers of bins or Tensors of edges, not both", o);
    return b;
  }
};
template <> struct From<Spacing> {
  static constexpr const char* type = "float | Tensor | Sequence[float] | Sequence[Tensor]";
  static Spacing get(PyObject* o, const Arg& a) {
    Spacing s;
    if (is_tensor(o)) return {{}, {tensor_of(o)}};
    if (!is_list(o)) return {{to_double(o, a)}, {}};
    each(o, [&](PyObject* v) { is_tensor(v) ? s.points.push_back(tensor_of(v)) : s.distances.push_back(to_double(v, a)); });
    if (!s.points.empty() && !s.distances.empty()) wrong_argument(a, "numbers or Tensors, not both", o);
    return s;
  }
};
template <> struct Into<HistogramGrid> {
  static constexpr const char* type = "tuple[Tensor, tuple[Tensor, ...]]";
  static PyObject* get(HistogramGrid&& g) {
    const Object counts = checked(wrap(std::move(g.counts))), edges = checked(Into<Tensors>::get(std::move(g.edges)));
    return Py_BuildValue("(OO)", counts.get(), edges.get());
  }
};

void define_search() {
  op("searchsorted", "x1, x2, /, *, side=None, sorter=None, right=False, out_int32=False",
     [](const Tensor& sorted, const Operand& v, const std::optional<std::string>& side, const MaybeTensor& sorter, bool right, bool out_int32) {
       const bool after = right_side(side, right);
       if (v.is_tensor()) return narrowed(searchsorted(sorted, v.tensor, after, sorter), out_int32);
       return narrowed(searchsorted(sorted, full({}, v.scalar, {.dtype = weak_promote(sorted.dtype(), v.scalar), .device = sorted.device()}), after, sorter), out_int32);
     });
  op("bucketize", "x, boundaries, *, out_int32=False, right=False", [](const Tensor& x, const Tensor& boundaries, bool out_int32, bool right) {
    return narrowed(bucketize(x, boundaries, right), out_int32);
  });
  function("isin", "elements, test_elements, *, assume_unique=False, invert=False", [](const Values& a, const Values& b, bool assume_unique, bool invert) {
    if (!a.is_tensor() && !b.is_tensor()) type_error("isin", "one operand must be a Tensor; got numbers only. Convert one: ph.asarray(...)");
    if (!b.is_tensor() && !a.listed) return isin(a.tensor, b.scalar, assume_unique, invert);
    if (!a.is_tensor() && !b.listed) return isin(a.scalar, b.tensor, assume_unique, invert);
    const auto [x, test] = together(a, b);
    return isin(x, test, assume_unique, invert);
  });

  op("unique", "x, sorted=True, return_inverse=False, return_counts=False, dim=None", [](const Tensor& x, bool, bool inverse, bool counts, std::optional<I> dim) {
    return distinct(dim ? unique_all(x, *dim) : unique_all(x), inverse, counts);
  });
  op("unique_consecutive", "x, return_inverse=False, return_counts=False, dim=None", [](const Tensor& x, bool inverse, bool counts, std::optional<I> dim) {
    return distinct(dim ? unique_consecutive(x, *dim) : unique_consecutive(x), inverse, counts);
  });
  function("unique_all", "x, /", [](const Tensor& x) { return unique_all(x); });
  function("unique_counts", "x, /", [](const Tensor& x) { return unique_counts(x); });
  function("unique_inverse", "x, /", [](const Tensor& x) { return unique_inverse(x); });
  function("unique_values", "x, /", [](const Tensor& x) { return unique_values(x); });

  op("bincount", "x, weights=None, minlength=0", [](const Tensor& x, const MaybeTensor& weights, I least) { return bincount(x, weights, least); });
  op("histc", "x, bins=100, min=0.0, max=0.0", [](const Tensor& x, I bins, double low, double high) { return histc(x, bins, low, high); });
  op("histogram", "x, bins=10, *, range=None, weight=None, density=False",
     [](const Tensor& x, const Bins& bins, const std::optional<Numbers>& range, const MaybeTensor& weight, bool density) {
       if (bins.counts.size() + static_cast<int>(bins.edges.size()) != 1) value_error("histogram", "bins must be one number or one Tensor of edges. Use histogramdd");
       const HistogramOptions how = counting(range, weight, density);
       return bins.edges.empty() ? histogram(x, bins.counts[0], how) : histogram(x, bins.edges[0], how);
     });
  op("histogramdd", "x, bins, *, range=None, weight=None, density=False",
     [](const Tensor& x, const Bins& bins, const std::optional<Numbers>& range, const MaybeTensor& weight, bool density) {
       const HistogramOptions how = counting(range, weight, density);
       if (!bins.edges.empty()) return histogramdd(x, bins.edges, how);
       const bool one_for_all = bins.counts.size() == 1 && x.ndim() > 0;
       return histogramdd(x, one_for_all ? Shape::filled(static_cast<int>(x.size(-1)), bins.counts[0]) : bins.counts, how);
     });
  function("gradient", "x, *, spacing=1.0, dim=None, edge_order=1", [](const Tensor& x, const Spacing& spacing, const std::optional<Shape>& dim, int edge_order) {
    return gradient(x, {.spacing = spacing.distances, .coordinates = spacing.points, .dims = dim.value_or(Shape()), .edge_order = edge_order});
  });
}

}  // namespace ph::python
