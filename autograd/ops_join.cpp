// The part of ops_shape.h that cuts tensors into several, or copies: split, cat, stack, tile, roll, pad, triangles.
#include <algorithm>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/fits.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::write;

// --- cutting -----------------------------------------------------------------------------------------------------------

namespace {

// Views of consecutive pieces of dim k, recorded as one op: its rule joins the gradients in one pass, where an op per piece
// would each fill a tensor of x's size. With `drop`, pieces of size 1 lose the dim.
std::vector<Tensor> pieces(const char* op, const Tensor& x, int k, const Shape& sizes, bool drop) {
  std::vector<Tensor> out;
  out.reserve(static_cast<std::size_t>(sizes.size()));
  std::int64_t start = 0;
  for (const std::int64_t n : sizes) {
    Shape shape = x.shape();
    Strides strides = x.strides();
    const std::int64_t offset = n > 0 ? start * strides[k] : 0;
    shape[k] = n;
    if (drop) {
      shape.erase(k);
      strides.erase(k);
    }
    out.push_back(detail::make_view(x, std::move(shape), std::move(strides), offset));
    start += n;
  }
  if (!recording(x) || out.empty()) return out;
  auto rule = [k, drop](Backward& d) {
    std::vector<Tensor> g;
    for (int i = 0; i < d.node().outputs.size(); ++i) g.push_back(d.g_or_zeros(i));
    d[0] = drop ? stack(g, k) : cat(g, k);
  };
  std::vector<Tensor*> ys;
  for (Tensor& y : out) ys.push_back(&y);
  const Input input(x);
  detail::attach(Ref<Node>::adopt(new RuleNode<decltype(rule)>(std::move(rule))), op, &input, 1, ys.data(), static_cast<int>(ys.size()));
  return out;
}

int dim_to_cut(const char* op, const Tensor& x, std::int64_t dim) {
  if (x.ndim() == 0) value_error(op, "needs at least one dimension; got shape=[]");
  return normalize_dim(op, dim, x.ndim());
}

std::vector<Tensor> equal_pieces(const char* op, const Tensor& x, int k, std::int64_t size) {
  const std::int64_t n = x.shape()[k];
  Shape sizes;
  for (std::int64_t at = 0; at < n; at += size) sizes.push_back(std::min(size, n - at));
  if (sizes.empty()) sizes.push_back(0);
  return pieces(op, x, k, sizes, false);
}

}  // namespace

std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t dim) {
  const int k = dim_to_cut("split", x, dim);
  if (size < 0 || (size == 0 && x.shape()[k] > 0)) value_error("split", "size must be positive; got size=", size);
  return equal_pieces("split", x, k, std::min(std::max<std::int64_t>(size, 1), std::max<std::int64_t>(x.shape()[k], 1)));
}

std::vector<Tensor> split(const Tensor& x, const Shape& sizes, std::int64_t dim) {
  const int k = dim_to_cut("split", x, dim);
  std::int64_t left = x.shape()[k];
  bool good = true;
  for (const std::int64_t n : sizes) {
    good = good && n >= 0 && n <= left;
    left -= good ? n : 0;
  }
  if (!good || left != 0)
    value_error("split", "sizes must add up to the dimension's; got sizes=", sizes, " for dimension ", k, " of size ", x.shape()[k]);
  return pieces("split", x, k, sizes, false);
}

std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim) {
  const int k = dim_to_cut("chunk", x, dim);
  if (chunks <= 0) value_error("chunk", "chunks must be positive; got chunks=", chunks);
  const std::int64_t n = x.shape()[k];
  if (n == 0) return tensor_split(x, chunks, k);  // that many empty ones, so that what unpacks them need not ask
  return equal_pieces("chunk", x, k, std::max<std::int64_t>(1, n / chunks + (n % chunks != 0)));
}

std::vector<Tensor> tensor_split(const Tensor& x, std::int64_t sections, std::int64_t dim) {
  const int k = dim_to_cut("tensor_split", x, dim);
  if (sections <= 0) value_error("tensor_split", "sections must be positive; got sections=", sections);
  if (sections > INT32_MAX) value_error("tensor_split", "too many pieces; got sections=", sections);
  const std::int64_t n = x.shape()[k];
  Shape sizes;
  for (std::int64_t i = 0; i < sections; ++i) sizes.push_back(n / sections + (i < n % sections));
  return pieces("tensor_split", x, k, sizes, false);
}

std::vector<Tensor> tensor_split(const Tensor& x, const Shape& indices, std::int64_t dim) {
  const int k = dim_to_cut("tensor_split", x, dim);
  std::vector<Tensor> out;
  for (int i = 0; i <= indices.size(); ++i)  // indices may go back and forth, so pieces may overlap: a slice each
    out.push_back(slice(x, k, {i ? Bound(indices[i - 1]) : Bound(), i < indices.size() ? Bound(indices[i]) : Bound()}));
  return out;
}

namespace {

// hsplit, vsplit and dsplit: by tensor_split, but that sections must come out even.
struct Cut {
  const char* op;
  int dim, least;  // the dim to cut, and how many there must be
  int dim_of(const Tensor& x) const {
    if (x.ndim() < least) value_error(op, "needs at least ", least, least == 1 ? " dimension" : " dimensions", "; got shape=", x.shape());
    return std::min(dim, x.ndim() - 1);
  }
  std::vector<Tensor> operator()(const Tensor& x, std::int64_t sections) const {
    const int k = dim_of(x);
    if (sections <= 0 || x.shape()[k] % sections != 0)
      value_error(op, "sections must divide the dimension's size; got sections=", sections, " for dimension ", k, " of size ", x.shape()[k]);
    return tensor_split(x, sections, k);
  }
  std::vector<Tensor> operator()(const Tensor& x, const Shape& indices) const { return tensor_split(x, indices, dim_of(x)); }
};
constexpr Cut by_columns{"hsplit", 1, 1}, by_rows{"vsplit", 0, 2}, by_depth{"dsplit", 2, 3};

}  // namespace

std::vector<Tensor> hsplit(const Tensor& x, std::int64_t sections) { return by_columns(x, sections); }
std::vector<Tensor> hsplit(const Tensor& x, const Shape& indices) { return by_columns(x, indices); }
std::vector<Tensor> vsplit(const Tensor& x, std::int64_t sections) { return by_rows(x, sections); }
std::vector<Tensor> vsplit(const Tensor& x, const Shape& indices) { return by_rows(x, indices); }
std::vector<Tensor> dsplit(const Tensor& x, std::int64_t sections) { return by_depth(x, sections); }
std::vector<Tensor> dsplit(const Tensor& x, const Shape& indices) { return by_depth(x, indices); }

std::vector<Tensor> unbind(const Tensor& x, std::int64_t dim) {
  const int k = dim_to_cut("unbind", x, dim);
  if (x.shape()[k] > INT32_MAX) value_error("unbind", "too many pieces; got shape=", x.shape());
  return pieces("unbind", x, k, Shape::filled(static_cast<int>(x.shape()[k]), 1), true);
}

// --- joining -----------------------------------------------------------------------------------------------------------

namespace {

struct Joint {
  DType dtype;
  Device device;
};

// What all of xs have in common; throws where there is nothing.
Joint joint(const char* op, const std::vector<Tensor>& xs) {
  if (xs.empty()) value_error(op, "needs at least one tensor");
  Joint j{xs[0].dtype(), xs[0].device()};
  for (const Tensor& x : xs) {
    if (x.device() != j.device) runtime_error(op, "devices must match; got ", j.device, " and ", x.device());
    if (!can_promote(j.dtype, x.dtype())) type_error(op, "dtypes do not promote; got ", j.dtype, " and ", x.dtype());
    j.dtype = promote(j.dtype, x.dtype());
  }
  return j;
}

// Copies x, converted, to where `strides` lead from out's element `offset`.
void write_part(const Tensor& out, const Strides& strides, std::int64_t offset, const Tensor& x) {
  const View dst{static_cast<char*>(out.data_ptr()) + offset * static_cast<std::int64_t>(out.itemsize()), x.shape().data(), strides.data(), x.numel(),
                 x.ndim(), out.dtype(), is_contiguous(x.shape(), strides)};
  if (x.numel() > 0) kernels(out.device()).copy(dst, view_of(x));
}

}  // namespace

Tensor cat(const std::vector<Tensor>& xs, std::int64_t dim) {
  const Joint j = joint("cat", xs);
  const Shape& first = xs[0].shape();
  if (first.empty()) value_error("cat", "a 0-d tensor cannot be joined. Use stack");
  const int k = normalize_dim("cat", dim, first.size());
  Shape shape = first, sizes;
  shape[k] = 0;
  for (const Tensor& x : xs) {
    bool good = x.ndim() == first.size();
    for (int d = 0; d < first.size() && good; ++d) good = d == k || x.shape()[d] == first[d];
    if (!good) value_error("cat", "shapes must match but for dimension ", k, "; got ", first, " and ", x.shape());
    if (__builtin_add_overflow(shape[k], x.shape()[k], &shape[k])) value_error("cat", "too many elements along dimension ", k);
    sizes.push_back(x.shape()[k]);
  }
  checked_numel("cat", shape, itemsize(j.dtype));
  Tensor y = detail::make_tensor(shape, j.dtype, j.device);
  std::int64_t start = 0;
  for (const Tensor& x : xs) {
    write_part(y, y.strides(), start * y.strides()[k], x);
    start += x.shape()[k];
  }
  if (recording(xs))
    record(y, "cat", xs, [k, sizes](Backward& d) {
      std::int64_t at = 0;
      for (int i = 0; i < sizes.size(); at += sizes[i++])
        if (d.needs(i)) d[i] = narrow(d.g(), k, at, sizes[i]);
    });
  return y;
}

Tensor stack(const std::vector<Tensor>& xs, std::int64_t dim) {
  const Joint j = joint("stack", xs);
  const int k = normalize_dim("stack", dim, xs[0].ndim() + 1);
  for (const Tensor& x : xs)
    if (!(x.shape() == xs[0].shape())) value_error("stack", "shapes must match; got ", xs[0].shape(), " and ", x.shape());
  Shape shape = xs[0].shape();
  shape.insert(k, static_cast<std::int64_t>(xs.size()));
  checked_numel("stack", shape, itemsize(j.dtype));
  Tensor y = detail::make_tensor(shape, j.dtype, j.device);
  Strides strides = y.strides();
  const std::int64_t step = strides[k];
  strides.erase(k);
  std::int64_t i = 0;
  for (const Tensor& x : xs) write_part(y, strides, step * i++, x);
  if (recording(xs))
    record(y, "stack", xs, [k, n = static_cast<int>(xs.size())](Backward& d) {
      for (int p = 0; p < n; ++p)
        if (d.needs(p)) d[p] = select(d.g(), k, p);
    });
  return y;
}

namespace {
std::vector<Tensor> each(const std::vector<Tensor>& xs, Tensor (*f)(const Tensor&)) {
  std::vector<Tensor> out;
  out.reserve(xs.size());
  for (const Tensor& x : xs) out.push_back(f(x));
  return out;
}
}  // namespace

Tensor hstack(const std::vector<Tensor>& xs) {
  const std::vector<Tensor> ys = each(xs, atleast_1d);
  return cat(ys, !ys.empty() && ys[0].ndim() == 1 ? 0 : 1);
}
Tensor vstack(const std::vector<Tensor>& xs) { return cat(each(xs, atleast_2d), 0); }
Tensor dstack(const std::vector<Tensor>& xs) { return cat(each(xs, atleast_3d), 2); }
Tensor column_stack(const std::vector<Tensor>& xs) {
  return cat(each(xs, [](const Tensor& x) { return x.ndim() >= 2 ? x : reshape(x, {x.numel(), 1}); }), 1);
}

// --- repeating -----------------------------------------------------------------------------------------------------------

Tensor tile(const Tensor& x, const Shape& reps) {
  const int n = std::max(x.ndim(), reps.size());
  Shape apart, repeated, shape;  // [1, s0, 1, s1, …], [r0, s0, r1, s1, …], [r0 * s0, …]
  for (int d = 0; d < n; ++d) {
    const int xd = d - (n - x.ndim()), rd = d - (n - reps.size());
    const std::int64_t s = xd < 0 ? 1 : x.shape()[xd], r = rd < 0 ? 1 : reps[rd];
    if (r < 0) value_error("tile", "repetitions must not be negative; got reps=", reps);
    apart.push_back(1), apart.push_back(s);
    repeated.push_back(r), repeated.push_back(s);
  }
  checked_numel("tile", repeated, x.itemsize());
  for (int d = 0; d < n; ++d) shape.push_back(repeated[2 * d] * repeated[2 * d + 1]);
  return reshape(expand(reshape(x, apart), repeated), shape);
}

Tensor repeat_interleave(const Tensor& x, std::int64_t repeats) { return repeat_interleave(ravel(x), repeats, 0); }

Tensor repeat_interleave(const Tensor& x, std::int64_t repeats, std::int64_t dim) {
  const int k = dim_to_cut("repeat_interleave", x, dim);
  if (repeats < 0) value_error("repeat_interleave", "repeats must not be negative; got repeats=", repeats);
  Shape repeated = x.shape();
  repeated.insert(k + 1, repeats);
  checked_numel("repeat_interleave", repeated, x.itemsize());
  return flatten(expand(unsqueeze(x, k + 1), repeated), k, k + 1);
}

Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, std::int64_t dim) {
  const int k = dim_to_cut("repeat_interleave", x, dim);
  if (!is_integer(repeats.dtype())) type_error("repeat_interleave", "repeats must be integers; got dtype=", repeats.dtype());
  if (repeats.numel() == 1 && repeats.ndim() <= 1) return repeat_interleave(x, repeats.item<std::int64_t>(), k);
  if (repeats.ndim() != 1 || repeats.numel() != x.shape()[k])
    value_error("repeat_interleave", "needs one count per entry; got repeats=", repeats.shape(), " for dimension ", k, " of size ", x.shape()[k]);
  const std::vector<std::int64_t> counts = repeats.to(int64).to_vector<std::int64_t>();
  std::int64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0) value_error("repeat_interleave", "repeats must not be negative; got ", counts[i], " for entry ", static_cast<std::int64_t>(i));
    if (__builtin_add_overflow(total, counts[i], &total)) value_error("repeat_interleave", "the repeats add up to more than 2^63");
  }
  Shape shape = x.shape();
  shape[k] = total;
  checked_numel("repeat_interleave", shape, std::max(x.itemsize(), sizeof(std::int64_t)));
  std::vector<std::int64_t> index;
  for (std::size_t i = 0; i < counts.size(); ++i) index.insert(index.end(), static_cast<std::size_t>(counts[i]), static_cast<std::int64_t>(i));
  return index_select(x, k, from_data(index, {.device = x.device()}));
}

namespace {
// Along one dim, by 0 < shift < size.
Tensor rolled(const Tensor& x, int k, std::int64_t shift) {
  const std::int64_t n = x.shape()[k];
  const Tensor plain = x.detach();
  Tensor y = detail::make_tensor(x.shape(), x.dtype(), x.device());
  write_part(y, y.strides(), shift * y.strides()[k], narrow(plain, k, 0, n - shift));
  write_part(y, y.strides(), 0, narrow(plain, k, n - shift, shift));
  if (recording(x)) record(y, "roll", {x}, [k, back = n - shift](Backward& d) { d[0] = rolled(d.g(), k, back); });
  return y;
}
}  // namespace

Tensor roll(const Tensor& x, std::int64_t shift) { return reshape(roll(ravel(x), Shape{shift}, Shape{0}), x.shape()); }

Tensor roll(const Tensor& x, const Shape& shifts, const Shape& dims) {
  if (shifts.size() != dims.size()) value_error("roll", "needs one shift per dimension; got shifts=", shifts, ", dims=", dims);
  Tensor y = x;
  for (int i = 0; i < dims.size(); ++i) {
    const int k = dim_to_cut("roll", x, dims[i]);
    const std::int64_t n = x.shape()[k], shift = n ? (shifts[i] % n + n) % n : 0;
    if (shift != 0) y = rolled(y, k, shift);
  }
  return y.is_same(x) ? x.clone() : y;
}

// --- diagonals and triangles ----------------------------------------------------------------------------------------------

Tensor diag_embed(const Tensor& x, std::int64_t offset, std::int64_t a, std::int64_t b) {
  if (x.ndim() == 0) value_error("diag_embed", "needs at least one dimension; got shape=[]");
  const int n = x.ndim() + 1, p = normalize_dim("diag_embed", a, n), q = normalize_dim("diag_embed", b, n);
  if (p == q) value_error("diag_embed", "needs two different dimensions; got a=", a, ", b=", b);
  std::int64_t size = x.shape().back();
  if (offset == INT64_MIN || __builtin_add_overflow(size, offset < 0 ? -offset : offset, &size)) value_error("diag_embed", "too many elements; got offset=", offset);
  Shape shape(x.shape().data(), x.ndim() - 1);
  shape.insert(std::min(p, q), size);
  shape.insert(std::max(p, q), size);
  return detail::placed("diag_embed", x, shape, [offset, p, q](const Tensor& t) { return diagonal(t, offset, p, q); });
}

Tensor diag(const Tensor& x, std::int64_t k) {
  if (x.ndim() != 1 && x.ndim() != 2) value_error("diag", "needs a vector or a matrix; got shape=", x.shape());
  return x.ndim() == 1 ? diag_embed(x, k) : diagonal(x, k);
}

Tensor diagflat(const Tensor& x, std::int64_t k) { return diag_embed(ravel(x), k); }

namespace {
Tensor triangle(const char* op, const Tensor& x, std::int64_t k, bool upper) {
  if (x.ndim() < 2) value_error(op, "needs at least two dimensions; got shape=", x.shape());
  Tensor y = detail::make_tensor(x.shape(), x.dtype(), x.device());
  const Tensor source = x.detach().contiguous();
  kernels(x.device()).triangle(view_of(y), view_of(source), k, upper);
  if (recording(x)) record(y, op, {x}, [op, k, upper](Backward& d) { d[0] = triangle(op, d.g(), k, upper); });
  return y;
}
}  // namespace

Tensor tril(const Tensor& x, std::int64_t k) { return triangle("tril", x, k, false); }
Tensor triu(const Tensor& x, std::int64_t k) { return triangle("triu", x, k, true); }

// --- margins ---------------------------------------------------------------------------------------------------------------

namespace {

// One entry per dim of x: before and after.
struct Margins {
  Shape before, after;
};

Tensor pad_constant(const Tensor& x, const Margins& m, Scalar value) {
  const int n = x.ndim();
  Shape shape = x.shape(), inner = x.shape();
  std::int64_t source = 0;
  for (int d = 0; d < n; ++d) {
    const std::int64_t b = m.before[d], a = m.after[d];
    if (__builtin_add_overflow(shape[d], b, &shape[d]) || __builtin_add_overflow(shape[d], a, &shape[d]) || 
        (inner[d] += std::min<std::int64_t>(b, 0) + std::min<std::int64_t>(a, 0)) < 0)
      value_error("pad", "margins must not take away more than there is; got before=", b, ", after=", a, " for dimension ", d, " of size ", x.shape()[d]);
    source += b < 0 ? -b * x.strides()[d] : 0;
  }
  detail::check_fits("pad", value, x.dtype());
  Tensor y = full(shape, value, {.dtype = x.dtype(), .device = x.device()});
  if (numel(inner) > 0) {
    std::int64_t target = 0;
    for (int d = 0; d < n; ++d) target += std::max<std::int64_t>(m.before[d], 0) * y.strides()[d];
    write(detail::make_view(y, inner, y.strides(), target), detail::make_view(x.detach(), inner, x.strides(), source));
  }
  if (recording(x))
    record(y, "pad", {x}, [m](Backward& d) {
      Margins back = m;
      for (std::int64_t& v : back.before) v = -v;
      for (std::int64_t& v : back.after) v = -v;
      d[0] = pad_constant(d.g(), back, 0);
    });
  return y;
}

// Which entry of a dim of size n stands at i, counted from its first one.
std::int64_t source_of(Pad mode, std::int64_t i, std::int64_t n) {
  if (i >= 0 && i < n) return i;
  if (mode == Pad::replicate) return i < 0 ? 0 : n - 1;
  if (mode == Pad::circular) return i < 0 ? i + n : i - n;
  return i < 0 ? -i : 2 * (n - 1) - i;
}

}  // namespace

Tensor pad(const Tensor& x, const Shape& pads, Pad mode, Scalar value) {
  if (pads.size() % 2 != 0 || pads.size() > 2 * x.ndim())
    value_error("pad", "needs two numbers per dimension, from the last one on; got pads=", pads, " for ", x.ndim(), x.ndim() == 1 ? " dimension" : " dimensions");
  Margins m{Shape::filled(x.ndim(), 0), Shape::filled(x.ndim(), 0)};
  for (int i = 0; 2 * i < pads.size(); ++i) {
    const int d = x.ndim() - 1 - i;
    m.before[d] = pads[2 * i];
    m.after[d] = pads[2 * i + 1];
    if (m.before[d] == INT64_MIN || m.after[d] == INT64_MIN) value_error("pad", "too small; got pads=", pads);
  }
  if (mode == Pad::constant) return pad_constant(x, m, value);
  Tensor y = x;
  Shape shape = x.shape();
  for (int d = 0; d < x.ndim(); ++d) {
    const std::int64_t n = shape[d], b = m.before[d], a = m.after[d], most = mode == Pad::reflect ? n - 1 : mode == Pad::circular ? n : INT64_MAX / 4;
    if (b < 0 || a < 0 || (b + a > 0 && (b > most || a > most || n == 0)))
      value_error("pad", mode == Pad::reflect ? "reflect" : mode == Pad::circular ? "circular" : "replicate",
                  " needs margins of 0 or more that the dimension can fill; got before=", b, ", after=", a, " for dimension ", d, " of size ", n);
    shape[d] = n + b + a;
  }
  checked_numel("pad", shape, x.itemsize());
  for (int d = x.ndim() - 1; d >= 0; --d) {
    if (shape[d] == x.shape()[d]) continue;
    std::vector<std::int64_t> index(static_cast<std::size_t>(shape[d]));
    for (std::int64_t i = 0; i < shape[d]; ++i) index[static_cast<std::size_t>(i)] = source_of(mode, i - m.before[d], x.shape()[d]);
    y = index_select(y, d, from_data(index, {.device = x.device()}));
  }
  return y.is_same(x) ? x.clone() : y;
}

}  // namespace ph
