// Extrema with their positions, and scans: the second part of ops_reduce.h. Differences and areas are in ops_diff.cpp.
#include <algorithm>
#include <cmath>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/autograd/reducing.h"

namespace PH_PUBLIC ph {

using namespace detail;

// --- extrema along one dim ----------------------------------------------------------------------------------------------

namespace {

ValuesIndices arg_extremum(const char* op, bool largest, const Tensor& x, const Shape& dims, bool keepdim, bool want_values) {
  need_real(op, x);
  if (count_over(x.shape(), dims) == 0) value_error(op, "needs at least one element; got shape=", x.shape(), ", dims=", dims);
  Result indices(x, dims, keepdim, int64);
  ArgReduceCall call{.largest = largest, .indices = indices.view(), .in = view_of(x), .axis = axis_of(dims)};
  if (!want_values) {
    kernels(x.device()).arg_reduce(call);
    return {Tensor(), indices.y};
  }
  Result values(x, dims, keepdim, x.dtype());
  call.values = values.view();
  kernels(x.device()).arg_reduce(call);
  if (recording(x)) record_selection(values.y, op, x, indices.y, dims);
  return {values.y, indices.y};
}

Tensor arg_flat(const char* op, bool largest, const Tensor& x) {
  return reshape(arg_extremum(op, largest, reshape(x.detach(), {x.numel()}), {0}, true, false).indices, {});
}

}  // namespace

void detail::record_selection(Tensor& y, const char* op, const Tensor& x, const Tensor& indices, const Shape& dims) {
  record(y, op, {x}, [dims, indices = Saved(indices)](Backward& d) {
    const Shape& shape = d.input_shape(0);
    if (dims.empty()) d[0] = reshape(d.g(), shape);
    else d[0] = scatter(new_zeros(d.g(), shape), dims[0], kept(indices(d), dims, shape), kept(d.g(), dims, shape));
  });
}

ValuesIndices max_along(const Tensor& x, std::int64_t dim, bool keepdim) {
  return arg_extremum("max", true, x, dims_of("max", {dim}, x), keepdim, true);
}
ValuesIndices min_along(const Tensor& x, std::int64_t dim, bool keepdim) {
  return arg_extremum("min", false, x, dims_of("min", {dim}, x), keepdim, true);
}
Tensor argmax(const Tensor& x) { return arg_flat("argmax", true, x); }
Tensor argmin(const Tensor& x) { return arg_flat("argmin", false, x); }
Tensor argmax(const Tensor& x, std::int64_t dim, bool keepdim) {
  return arg_extremum("argmax", true, x, dims_of("argmax", {dim}, x), keepdim, false).indices;
}
Tensor argmin(const Tensor& x, std::int64_t dim, bool keepdim) {
  return arg_extremum("argmin", false, x, dims_of("argmin", {dim}, x), keepdim, false).indices;
}

// --- scans --------------------------------------------------------------------------------------------------------------------

namespace {

Tensor scan(Scan op, const Tensor& x, const Shape& dims, DType dtype, bool reverse = false) {
  Tensor y = make_tensor(x.shape(), dtype, x.device());
  kernels(x.device()).scan({.op = op, .out = view_of(y), .in = view_of(x), .axis = axis_of(dims), .reverse = reverse});
  return y;
}

Tensor running_sum(const Tensor& x, const Shape& dims, bool reverse, DType dtype) {
  Tensor y = scan(Scan::sum, x, dims, dtype, reverse);
  if (recording(x)) record(y, "cumsum", {x}, [dims, reverse](Backward& d) { d[0] = running_sum(d.g(), dims, !reverse, d.g().dtype()); });
  return y;
}

/// x as a scan to `dtype` takes it: integers wrap the same whether they are narrowed before or after.
Tensor as_scanned(const Tensor& x, DType dtype) {
  const bool integers = !is_differentiable(x.dtype()) && is_integer(dtype);
  return x.dtype() == dtype || integers ? x : x.to(dtype);
}

/// x moved by `by` places towards the start (the end, if negative) of a dim, with `value` where nothing comes in.
Tensor moved(const Tensor& x, std::int64_t dim, std::int64_t by, double value) {
  const std::int64_t n = x.size(dim), k = std::min(by < 0 ? -by : by, n);
  Shape gap = x.shape();
  gap[static_cast<int>(dim)] = k;
  const Tensor filling = new_full(x, gap, value), rest = narrow(x, dim, by < 0 ? 0 : k, n - k);
  return by < 0 ? cat({filling, rest}, dim) : cat({rest, filling}, dim);
}

/// s[i] = b[i] + a[i] s[i + 1] along a dim, 0 past the end. In log2(n) steps of whole-tensor products and sums, so that
/// derivatives of any order follow.
Tensor backward_recurrence(Tensor a, Tensor b, std::int64_t dim) {
  const std::int64_t n = b.size(dim);
  for (std::int64_t step = 1; step < n; step *= 2) {
    b = add(b, mul(a, moved(b, dim, step, 0)));
    if (2 * step < n) a = mul(a, moved(a, dim, step, 0));
  }
  return b;
}

}  // namespace

Tensor cumsum(const Tensor& x, std::int64_t dim) { return cumsum(x, dim, sum_dtype(x.dtype())); }
Tensor cumsum(const Tensor& x, std::int64_t dim, DType dtype) {
  const Shape dims = dims_of("cumsum", {dim}, x);
  return running_sum(as_scanned(x, dtype), dims, false, dtype);
}

Tensor cumprod(const Tensor& x, std::int64_t dim) { return cumprod(x, dim, sum_dtype(x.dtype())); }
Tensor cumprod(const Tensor& x_, std::int64_t dim, DType dtype) {
  const Shape dims = dims_of("cumprod", {dim}, x_);
  const Tensor x = as_scanned(x_, dtype);
  Tensor y = scan(Scan::prod, x, dims, dtype);
  if (recording(x))
    record(y, "cumprod", {x}, [dims, x = Saved(x), y = Saved::output(y)](Backward& d) {
      if (dims.empty()) {
        d[0] = d.g();
        return;
      }
      const Tensor v = conj(x(d)), p = conj(y(d));
      if (!d.create_graph() && all(v).item<bool>()) {
        d[0] = div(running_sum(mul(d.g(), p), dims, true, p.dtype()), v);
        return;
      }
      // With zeros: what comes before x[i], times the sum over i <= k of g[k] x[i+1] … x[k].
      const Tensor after = backward_recurrence(moved(v, dims[0], 1, 0), d.g(), dims[0]);
      d[0] = mul(after, moved(p, dims[0], -1, 1));
    });
  return y;
}

namespace {

/// With a first element of what the scan starts from.
Tensor from_initial(const char* op, const Tensor& y, std::int64_t dim, bool include_initial, double initial) {
  if (!include_initial) return y;
  if (y.ndim() == 0) value_error(op, "include_initial needs a dimension; got shape=[]");
  Shape first = y.shape();
  first[normalize_dim(op, dim, y.ndim())] = 1;
  return cat({new_full(y, first, initial), y}, dim);
}
std::int64_t only_dim(const char* op, const Tensor& x) {
  if (x.ndim() > 1) value_error(op, "needs a dim; got shape=", x.shape(), ". Pass one: ", op, "(x, dim)");
  return 0;
}

}  // namespace

Tensor cumulative_sum(const Tensor& x, std::int64_t dim, bool include_initial) { return cumulative_sum(x, dim, include_initial, sum_dtype(x.dtype())); }
Tensor cumulative_sum(const Tensor& x, std::int64_t dim, bool include_initial, DType dtype) {
  dims_of("cumulative_sum", {dim}, x);
  return from_initial("cumulative_sum", cumsum(x, dim, dtype), dim, include_initial, 0);
}
Tensor cumulative_prod(const Tensor& x, std::int64_t dim, bool include_initial) { return cumulative_prod(x, dim, include_initial, sum_dtype(x.dtype())); }
Tensor cumulative_prod(const Tensor& x, std::int64_t dim, bool include_initial, DType dtype) {
  dims_of("cumulative_prod", {dim}, x);
  return from_initial("cumulative_prod", cumprod(x, dim, dtype), dim, include_initial, 1);
}
Tensor cumulative_sum(const Tensor& x, bool include_initial) { return cumulative_sum(x, only_dim("cumulative_sum", x), include_initial); }
Tensor cumulative_prod(const Tensor& x, bool include_initial) { return cumulative_prod(x, only_dim("cumulative_prod", x), include_initial); }

namespace {

ValuesIndices running_extremum(Scan op, const char* name, const Tensor& x, std::int64_t dim) {
  const Shape dims = dims_of(name, {dim}, x);
  need_real(name, x);
  Tensor values = make_tensor(x.shape(), x.dtype(), x.device()), indices = make_tensor(x.shape(), int64, x.device());
  kernels(x.device()).scan({.op = op, .out = view_of(values), .in = view_of(x), .indices = view_of(indices), .axis = axis_of(dims)});
  if (recording(x))
    record(values, name, {x}, [dims, indices = Saved(indices)](Backward& d) {
      if (dims.empty()) d[0] = d.g();
      else d[0] = scatter_add(zeros_like(d.g()), dims[0], indices(d), d.g());
    });
  return {values, indices};
}

}  // namespace

ValuesIndices cummax(const Tensor& x, std::int64_t dim) { return running_extremum(Scan::max, "cummax", x, dim); }
ValuesIndices cummin(const Tensor& x, std::int64_t dim) { return running_extremum(Scan::min, "cummin", x, dim); }

Tensor logcumsumexp(const Tensor& x_, std::int64_t dim) {
  const Shape dims = dims_of("logcumsumexp", {dim}, x_);
  if (is_complex(x_.dtype())) type_error("logcumsumexp", "needs real numbers; got dtype=", x_.dtype());
  const Tensor x = as_float(x_);
  Tensor y = scan(Scan::logsumexp, x, dims, x.dtype());
  if (recording(x))
    record(y, "logcumsumexp", {x}, [dims, x = Saved(x)](Backward& d) {
      if (dims.empty() || d.g().numel() == 0) {
        d[0] = d.g();
        return;
      }
      // Of x less its maximum: y itself is off by half a unit in its last place, which is much where x is large.
      const Tensor most = max(x(d).detach(), dims, true), v = sub(x(d), where(isfinite(most), most, 0)), r = logcumsumexp(v, dims[0]);
      // sum over k >= i of g[k] e^(x[i] - y[k]); as e^(x[i] - y[i]) times a recurrence in e^(y[i] - y[i+1]), nothing overflows.
      const Tensor ratio = exp(log_ratio(r, moved(r, dims[0], 1, HUGE_VAL)));
      d[0] = mul(backward_recurrence(ratio, d.g(), dims[0]), exp(log_ratio(v, r)));
    });
  return y;
}

}  // namespace ph
