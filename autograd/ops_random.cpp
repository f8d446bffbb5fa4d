// Random tensors: what is asked is checked, then one kernel call fills the memory.
#include "playhead/autograd/ops_random.h"

#include <cmath>
#include <vector>

#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/philox.h"
#include "playhead/tensor/reduce.h"

namespace PH_PUBLIC ph {

namespace {

// --- what is asked ----------------------------------------------------------------------------------------------------

void need_floats(const char* op, DType t) {
  if (!is_differentiable(t)) type_error(op, "needs a floating or complex dtype; got dtype=", t);
}

// The type that real parts of `t` are computed in.
bool finite_as(DType t, double v) { return real_dtype(t) == float64 ? std::isfinite(v) : std::isfinite(static_cast<float>(v)); }

RandomCall uniform_call(const char* op, DType t, double low, double high) {
  need_floats(op, t);
  if (!(low <= high) || !finite_as(t, low) || !finite_as(t, high) || !finite_as(t, high - low))
    value_error(op, "needs low <= high, both finite and not too far apart; got low=", low, ", high=", high);
  return {.distribution = Distribution::uniform, .out = {}, .a = low, .b = high, .place = {}};
}

RandomCall normal_call(const char* op, DType t, double mean, double std) {
  need_floats(op, t);
  if (!(std >= 0) || !finite_as(t, mean) || !finite_as(t, std))
    value_error(op, "needs a finite mean and a finite std >= 0; got mean=", mean, ", std=", std);
  if (is_complex(t)) std *= std::sqrt(0.5);  // half the variance in either part
  return {.distribution = Distribution::normal, .out = {}, .a = mean, .b = std, .place = {}};
}

RandomCall integers_call(const char* op, DType t, std::int64_t low, std::int64_t high) {
  if (is_complex(t)) type_error(op, "needs a real dtype; got dtype=", t);
  if (low >= high) value_error(op, "needs low < high; got low=", low, ", high=", high);
  // Integers up to here, in either direction, are exact.
  const int bits = is_bool(t) ? 1 : t == float16 ? 11 : t == bfloat16 ? 8 : t == float32 ? 24 : t == float64 ? 53
                   : static_cast<int>(8 * itemsize(t)) - is_signed_integer(t);
  const std::int64_t most = bits >= 63 ? INT64_MAX : (std::int64_t{1} << bits) - !is_floating(t);
  const std::int64_t least = is_bool(t) || is_unsigned(t) ? 0 : is_floating(t) ? -most : -most - 1;
  if (low < least || high - 1 > most) value_error(op, "bounds must fit the dtype; got low=", low, ", high=", high, ", dtype=", t);
  return {.distribution = Distribution::integers, .out = {}, .low = low,
          .range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low), .place = {}};
}

RandomCall bernoulli_call(const char* op, double p) {
  if (!(p >= 0 && p <= 1)) value_error(op, "probability must be in [0, 1]; got p=", p);
  return {.distribution = Distribution::bernoulli, .out = {}, .a = p, .place = {}};
}

void need_real_floats(const char* op, DType t) {
  if (!is_floating(t)) type_error(op, "needs a floating dtype; got dtype=", t);
}

RandomCall exponential_call(const char* op, DType t, double lambd) {
  need_real_floats(op, t);
  if (!(lambd > 0) || !finite_as(t, 1 / lambd)) value_error(op, "needs lambd > 0, and 1 / lambd finite; got lambd=", lambd);
  return {.distribution = Distribution::exponential, .out = {}, .a = 1 / lambd, .place = {}};
}
RandomCall cauchy_call(const char* op, DType t, double median, double sigma) {
  need_real_floats(op, t);
  if (!(sigma > 0) || !finite_as(t, median) || !finite_as(t, sigma))
    value_error(op, "needs a finite median and a finite sigma > 0; got median=", median, ", sigma=", sigma);
  return {.distribution = Distribution::cauchy, .out = {}, .a = median, .b = sigma, .place = {}};
}
RandomCall log_normal_call(const char* op, DType t, double mean, double std) {
  need_real_floats(op, t);
  RandomCall c = normal_call(op, t, mean, std);
  c.distribution = Distribution::log_normal;
  return c;
}
RandomCall geometric_call(const char* op, DType t, double p) {
  if (is_bool(t) || is_complex(t)) type_error(op, "needs floats or integers; got dtype=", t);
  if (!(p > 0 && p <= 1)) value_error(op, "probability must be in (0, 1]; got p=", p);
  return {.distribution = Distribution::geometric, .out = {}, .a = p == 1 ? 0 : -1 / std::log1p(-p), .place = {}};
}

// --- how it is done ---------------------------------------------------------------------------------------------------

// Fills x, of any layout. Elements get their numbers in row-major order.
void fill(const Tensor& x, RandomCall call, Generator& g) {
  const Tensor y = x.is_contiguous() ? x : detail::make_tensor(x.shape(), x.dtype(), x.device());
  call.out = view_of(y);
  const bool pairs = is_complex(x.dtype()) && call.distribution != Distribution::bernoulli;
  const std::int64_t n = y.numel() * (pairs ? 2 : 1), stride = 1;
  if (pairs) call.out.dtype = real_dtype(x.dtype());
  call.out.shape = &n, call.out.strides = &stride, call.out.ndim = 1, call.out.numel = n;
  fill_random(call, x.device(), &g);
  if (!x.is_contiguous()) kernels(x.device()).copy(view_of(x), view_of(y));
}

Tensor make(const char* op, const Shape& shape, DType t, const TensorOptions& options, const RandomCall& call, Generator& g) {
  checked_numel(op, shape, itemsize(t));
  Tensor x = detail::make_tensor(shape, t, options.device);
  fill(x, call, g);
  if (options.requires_grad) x.requires_grad_();
  return x;
}

template <class Write>
Tensor& overwrite(const char* op, Tensor& x, const Write& write) {
  const bool recorded = recording(x);
  check_inplace(op, x, recorded);
  write();
  Tensor y;
  if (recorded) {
    y = detail::make_alias(x);
    record(y, op, {x}, [](Backward&) {});  // no gradient: the past is overwritten
  }
  finish_inplace(x, y);
  return x;
}

Tensor& overwrite(const char* op, Tensor& x, const RandomCall& call, Generator& g) {
  return overwrite(op, x, [&] { fill(x, call, g); });
}

TensorOptions like(const Tensor& x, const TensorOptions& o) {
  return {.dtype = o.dtype.value_or(x.dtype()), .device = o.device.value_or(x.device()), .requires_grad = o.requires_grad};
}

}  // namespace

Tensor rand(const Shape& shape, const TensorOptions& options, Generator& g) {
  return make("rand", shape, options.dtype, options, uniform_call("rand", options.dtype, 0, 1), g);
}
Tensor randn(const Shape& shape, const TensorOptions& options, Generator& g) {
  return make("randn", shape, options.dtype, options, normal_call("randn", options.dtype, 0, 1), g);
}
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, const TensorOptions& options, Generator& g) {
  const DType t = options.dtype.value_or(int64);
  return make("randint", shape, t, options, integers_call("randint", t, low, high), g);
}
Tensor randint(std::int64_t high, const Shape& shape, const TensorOptions& options, Generator& g) {
  return randint(0, high, shape, options, g);
}
Tensor uniform(double low, double high, const Shape& shape, const TensorOptions& options, Generator& g) {
  return make("uniform", shape, options.dtype, options, uniform_call("uniform", options.dtype, low, high), g);
}
Tensor normal(double mean, double std, const Shape& shape, const TensorOptions& options, Generator& g) {
  return make("normal", shape, options.dtype, options, normal_call("normal", options.dtype, mean, std), g);
}
Tensor bernoulli(double p, const Shape& shape, const TensorOptions& options, Generator& g) {
  return make("bernoulli", shape, options.dtype, options, bernoulli_call("bernoulli", p), g);
}

Tensor normal(const Tensor& mean, const Tensor& std, Generator& g) {
  if (!is_floating(mean.dtype()) || !is_floating(std.dtype()))
    type_error("normal", "needs a floating mean and std; got mean=", mean.dtype(), ", std=", std.dtype());
  const Shape shape = broadcast_shapes("normal", mean.shape(), std.shape());
  if (!all(greater_equal(std.detach(), 0)).item<bool>()) value_error("normal", "std must not be negative");
  return mean + std * randn(shape, {.dtype = promote(mean.dtype(), std.dtype()), .device = mean.device()}, g);
}
namespace {
Tensor number_beside(const Tensor& x, double v) {
  return full({}, v, {.dtype = is_floating(x.dtype()) ? x.dtype() : default_dtype(), .device = x.device()});
}
}  // namespace
Tensor normal(const Tensor& mean, double std, Generator& g) { return normal(mean, number_beside(mean, std), g); }
Tensor normal(double mean, const Tensor& std, Generator& g) { return normal(number_beside(std, mean), std, g); }

namespace {
/// Draws by probabilities, as bool.
Tensor drawn_by(const char* op, const Tensor& p, const Shape& shape, Generator& g) {
  if (!is_floating(p.dtype())) type_error(op, "needs floating probabilities; got dtype=", p.dtype());
  const no_grad guard;
  if (!all(logical_and(greater_equal(p, 0), less_equal(p, 1))).item<bool>()) value_error(op, "probabilities must be in [0, 1]");
  // Narrower numbers would round the probabilities.
  const DType t = p.dtype() == float64 ? float64 : float32;
  return less(rand(shape, {.dtype = t, .device = p.device()}, g), p.to(t));
}
}  // namespace

Tensor bernoulli(const Tensor& p, Generator& g) { return drawn_by("bernoulli", p, p.shape(), g).to(p.dtype()); }

Tensor rand_like(const Tensor& x, const TensorOptions& options, Generator& g) { return rand(x.shape(), like(x, options), g); }
Tensor randn_like(const Tensor& x, const TensorOptions& options, Generator& g) { return randn(x.shape(), like(x, options), g); }
Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high, const TensorOptions& options, Generator& g) {
  return randint(low, high, x.shape(), like(x, options), g);
}

Tensor& uniform_(Tensor& x, double low, double high, Generator& g) { return overwrite("uniform_", x, uniform_call("uniform_", x.dtype(), low, high), g); }
Tensor& normal_(Tensor& x, double mean, double std, Generator& g) { return overwrite("normal_", x, normal_call("normal_", x.dtype(), mean, std), g); }
Tensor& randint_(Tensor& x, std::int64_t low, std::int64_t high, Generator& g) { return overwrite("randint_", x, integers_call("randint_", x.dtype(), low, high), g); }
Tensor& bernoulli_(Tensor& x, double p, Generator& g) { return overwrite("bernoulli_", x, bernoulli_call("bernoulli_", p), g); }
Tensor& bernoulli_(Tensor& x, const Tensor& p, Generator& g) {
  if (!(broadcast_shapes("bernoulli_", x.shape(), p.shape()) == x.shape()))
    value_error("bernoulli_", "p must broadcast to x; got x=", x.shape(), ", p=", p.shape());
  const Tensor drawn = drawn_by("bernoulli_", p, x.shape(), g);
  return overwrite("bernoulli_", x, [&] { kernels(x.device()).copy(view_of(x), view_of(drawn)); });
}
Tensor& exponential_(Tensor& x, double lambd, Generator& g) { return overwrite("exponential_", x, exponential_call("exponential_", x.dtype(), lambd), g); }
Tensor& cauchy_(Tensor& x, double median, double sigma, Generator& g) { return overwrite("cauchy_", x, cauchy_call("cauchy_", x.dtype(), median, sigma), g); }
Tensor& log_normal_(Tensor& x, double mean, double std, Generator& g) { return overwrite("log_normal_", x, log_normal_call("log_normal_", x.dtype(), mean, std), g); }
Tensor& geometric_(Tensor& x, double p, Generator& g) { return overwrite("geometric_", x, geometric_call("geometric_", x.dtype(), p), g); }

Tensor randperm(std::int64_t n, const TensorOptions& options, Generator& g) {
  const DType t = options.dtype.value_or(int64);
  if (n < 0) value_error("randperm", "n must not be negative; got n=", n);
  if (n > 0) integers_call("randperm", t, 0, n);
  checked_numel("randperm", {n}, sizeof(std::int64_t));
  // On the CPU whatever the device, so that the order is the same: Fisher and Yates's shuffle cannot be split.
  const Tensor bits = detail::make_tensor({n}, int64, Device()), order = detail::make_tensor({n}, int64, Device());
  fill(bits, {.distribution = Distribution::integers, .out = {}, .place = {}}, g);
  const auto* x = bits.data<std::int64_t>();
  auto* y = order.data<std::int64_t>();
  for (std::int64_t i = 0; i < n; ++i) {
    const auto k = static_cast<std::int64_t>(philox::below(static_cast<std::uint64_t>(x[i]), static_cast<std::uint64_t>(i) + 1));
    y[i] = y[k];
    y[k] = i;
  }
  Tensor result = order.to(t).to(options.device);
  if (options.requires_grad) result.requires_grad_();
  return result;
}

Tensor multinomial(const Tensor& p, std::int64_t n, bool replacement, Generator& g) {
  if (!is_floating(p.dtype())) type_error("multinomial", "needs floating probabilities; got dtype=", p.dtype());
  if (p.ndim() < 1 || p.ndim() > 2 || p.size(-1) == 0) value_error("multinomial", "probabilities must be [k] or [m, k] with k > 0; got shape=", p.shape());
  const std::int64_t k = p.size(-1);
  if (n < 0) value_error("multinomial", "n must not be negative; got n=", n);
  if (!replacement && n > k) value_error("multinomial", "cannot draw more than there are without replacement; got n=", n, ", shape=", p.shape());
  const no_grad guard;
  const Tensor w = p.detach().to(float64).reshape({-1, k}).contiguous();  // [m, k]
  const std::int64_t m = w.size(0);
  Tensor drawn = detail::make_tensor({m, n}, int64, p.device());
  if (m > 0 && n > 0) {
    const Tensor total = sum(w, {1});
    if (!all(greater_equal(w, 0)).item<bool>() || !all(isfinite(total)).item<bool>() || !all(greater(total, 0)).item<bool>())
      value_error("multinomial", "probabilities must be finite, not negative, and have a positive sum");
    const Kernels& kernel = kernels(p.device());
    const TensorOptions doubles{.dtype = float64, .device = p.device()};
    if (replacement || n == 1) {
      // The first place where the running sum passes a random height; a height is below the last sum, never equal.
      const Tensor steps = cumsum(w, 1);
      const Tensor heights = rand({m, n}, doubles, g) * steps.narrow(1, k - 1, 1);
      kernel.searchsorted({.out = view_of(drawn), .sorted = view_of(steps), .values = view_of(heights), .right = true});
    } else {
      if (count_nonzero(w, {1}).min().item<std::int64_t>() < n)
        value_error("multinomial", "cannot draw more than there are positive probabilities without replacement; got n=", n);
      // The first n arrivals of exponential clocks that run at the rates w. (Efraimidis & Spirakis 2006)
      const Tensor arrivals = -log1p(-rand({m, k}, doubles, g)) / w;
      const Tensor key = where(greater(w, 0), arrivals, full_like(w, HUGE_VAL));
      kernel.select({.indices = view_of(drawn), .in = view_of(key), .axis = 1});
    }
  }
  return p.ndim() == 1 ? drawn.squeeze(0) : drawn;
}

}  // namespace ph
