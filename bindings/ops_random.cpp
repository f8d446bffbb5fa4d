// Random numbers.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
namespace {
using I = std::int64_t;
#define PH_OPTIONS "dtype=None, device=None, requires_grad=False, generator=None"
#define PH_OPTION_PARAMETERS const MaybeDType &dtype, const MaybeDevice &device, bool grad, Generator &g
#define PH_OPTION_ARGUMENTS options(dtype, device, grad), g
/// One past the last of the integers from 0 up that t has all of; past 2^63 - 1 there is no int64.
I end_of_all(DType t) {
  if (is_bool(t)) return 2;
  if (is_floating(t)) return static_cast<I>(2 / finfo(t).eps) + 1;
  return is_integer(t) && iinfo(t).max < INT64_MAX ? static_cast<I>(iinfo(t).max) + 1 : INT64_MAX;
}
}  // namespace

void define_random() {
  function("rand", "*shape, " PH_OPTIONS, [](const Shape& shape, PH_OPTION_PARAMETERS) { return rand(shape, PH_OPTION_ARGUMENTS); });
  function("randn", "*shape, " PH_OPTIONS, [](const Shape& shape, PH_OPTION_PARAMETERS) { return randn(shape, PH_OPTION_ARGUMENTS); });
  function("randperm", "n, *, " PH_OPTIONS, [](I n, PH_OPTION_PARAMETERS) { return randperm(n, PH_OPTION_ARGUMENTS); });
  function("rand_like", "x, *, " PH_OPTIONS, [](const Tensor& x, PH_OPTION_PARAMETERS) { return rand_like(x, PH_OPTION_ARGUMENTS); });
  function("randn_like", "x, *, " PH_OPTIONS, [](const Tensor& x, PH_OPTION_PARAMETERS) { return randn_like(x, PH_OPTION_ARGUMENTS); });
  // randint(high, size) and randint(low, high, size), as in PyTorch.
  function("randint", "low, high, size=None, *, " PH_OPTIONS, [](I low, PyObject* high, PyObject* size, PH_OPTION_PARAMETERS) {
    std::int64_t work = 0;
    const bool short_form = size == Py_None;
    const Shape shape = to_shape(short_form ? high : size, {"randint", "size", &work});
    return short_form ? randint(0, low, shape, PH_OPTION_ARGUMENTS) : randint(low, to_int(high, {"randint", "high", &work}), shape, PH_OPTION_ARGUMENTS);
  });
  function("randint_like", "x, low, high=None, *, " PH_OPTIONS, [](const Tensor& x, I low, std::optional<I> high, PH_OPTION_PARAMETERS) {
    return high ? randint_like(x, low, *high, PH_OPTION_ARGUMENTS) : randint_like(x, 0, low, PH_OPTION_ARGUMENTS);
  });
  /// Normal numbers with mean and standard deviation: numbers and a size, or tensors that broadcast, through which gradients go.
  function("normal", "mean=0.0, std=1.0, size=None, *, " PH_OPTIONS, [](const Operand& mean, const Operand& std, const std::optional<Shape>& size, PH_OPTION_PARAMETERS) {
    if (mean.is_tensor()) return std.is_tensor() ? normal(mean.tensor, std.tensor, g) : normal(mean.tensor, std.scalar.re(), g);
    if (std.is_tensor()) return normal(mean.scalar.re(), std.tensor, g);
    if (!size) type_error("normal", "needs size when mean and std are numbers");
    return normal(mean.scalar.re(), std.scalar.re(), *size, PH_OPTION_ARGUMENTS);
  });
  /// 1 with the probability that a floating input has there, else 0, in its shape and dtype. bernoulli(input, p): with probability p
  /// everywhere, whatever input holds. bernoulli(p, shape): the same of a shape. Throws for a value outside [0, 1].
  op("bernoulli", "input, p=None, *, " PH_OPTIONS, [](const Operand& x, PyObject* p, PH_OPTION_PARAMETERS) {
    std::int64_t work = 0;
    const Arg second{"bernoulli", x.is_tensor() ? "p" : "shape", &work};
    if (!x.is_tensor()) return bernoulli(From<double>::get(checked(PyFloat_FromDouble(x.scalar.re())).get(), second), to_shape(p, second), PH_OPTION_ARGUMENTS);
    if (p == Py_None) return bernoulli(x.tensor, g);
    return bernoulli(to_double(p, second), x.tensor.shape(), options(dtype.value_or(x.tensor.dtype()), device.value_or(x.tensor.device()), grad), g);
  });
  op("multinomial", "p, num_samples, replacement=False, *, generator=None", [](const Tensor& p, I n, bool replacement, Generator& g) { return multinomial(p, n, replacement, g); });
  method("uniform_", "self, low=0.0, high=1.0, *, generator=None", [](Tensor& x, double a, double b, Generator& g) -> Tensor& { return uniform_(x, a, b, g); });
  method("normal_", "self, mean=0.0, std=1.0, *, generator=None", [](Tensor& x, double a, double b, Generator& g) -> Tensor& { return normal_(x, a, b, g); });
  /// Overwritten in place by integers from low to high - 1, each as likely; random_(high) from 0, random_() up to the largest one up to
  /// which the dtype has all.
  method("random_", "self, low=None, high=None, *, generator=None", [](Tensor& x, std::optional<I> a, std::optional<I> b, Generator& g) -> Tensor& {
    if (!a && b) value_error("random_", "needs low where high is given by name; got high=", *b);
    const I end = b ? *b : a ? *a : end_of_all(x.dtype());
    return randint_(x, b ? *a : 0, end, g);
  });
  method("bernoulli_", "self, p=0.5, *, generator=None", [](Tensor& x, const Operand& p, Generator& g) -> Tensor& {
    return p.is_tensor() ? bernoulli_(x, p.tensor, g) : bernoulli_(x, p.scalar.re(), g);
  });
  method("exponential_", "self, lambd=1.0, *, generator=None", [](Tensor& x, double a, Generator& g) -> Tensor& { return exponential_(x, a, g); });
  method("cauchy_", "self, median=0.0, sigma=1.0, *, generator=None", [](Tensor& x, double a, double b, Generator& g) -> Tensor& { return cauchy_(x, a, b, g); });
  method("log_normal_", "self, mean=1.0, std=2.0, *, generator=None", [](Tensor& x, double a, double b, Generator& g) -> Tensor& { return log_normal_(x, a, b, g); });
  method("geometric_", "self, p, *, generator=None", [](Tensor& x, double p, Generator& g) -> Tensor& { return geometric_(x, p, g); });
  /// Seeds this thread's generator: the same seed gives the same numbers on every device.
  function("manual_seed", "seed", [](I seed) { manual_seed(static_cast<std::uint64_t>(seed)); });
  /// What the default generator remembers, for set_rng_state.
  function("get_rng_state", "", [] {
    const GeneratorState& s = default_generator().state();
    return checked(Py_BuildValue("(KKK)", static_cast<unsigned long long>(s.seed), static_cast<unsigned long long>(s.stream), static_cast<unsigned long long>(s.offset)));
  });
  /// Takes the default generator back to where get_rng_state found it.
  function("set_rng_state", "new_state", [](PyObject* state) {
    const Object g = checked(PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&GeneratorObject)));
    checked(PyObject_CallMethod(g.get(), "set_state", "(O)", state));
    default_generator().set_state(value_of<Generator>(g.get()).state());
  });
  /// The seed of the default generator.
  function("initial_seed", "", [] { return static_cast<I>(default_generator().state().seed); });
  /// Seeds this thread's generator from the system's entropy and returns the seed.
  function("seed", "", [] { return static_cast<I>(seed()); });
}

}  // namespace ph::python
