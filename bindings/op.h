// How an op becomes a Python function and method: one line, from its Python signature and a lambda over C++ types.
//
//   op("sum", "x, /, *, axis=None, dtype=None, keepdims=False",
//      [](const Tensor& x, const Axes& axis, MaybeDType dtype, bool keepdims) { … });
//
// The signature gives names and defaults (None, True, False, numbers, 'strings'), the lambda's parameters give the types; together
// they give the type stub. The docstring is the contract above the C++ declaration, or above the line here where Python
// has words of its own, and the example of docs/examples (bindings/contracts.py puts them together).
#pragma once
#include <array>

#include "bindings/convert.h"

namespace ph::python {

/// A signature, read at the first call.
class Signature {
 public:
  static constexpr int most = 26;
  /// `calls`: errors of what it calls are told under its own name (see set_error).
  Signature(const char* op, const char* text, bool calls = false) : op_(op), text_(text), calls_(calls) {}
  const char* op() const { return op_; }
  const char* teller() const { return calls_ ? op_ : nullptr; }
  const char* text() const { return text_; }
  /// Reads the text now and not at the first call; size and name need that.
  void prepare() { if (n_ < 0) read(); }
  int size() const { return n_; }
  const char* name(int i) const { return names_[static_cast<std::size_t>(i)].c_str(); }

  /// Puts the arguments of a vectorcall into `slots`, one for each parameter, defaults where they are left out (borrowed). `self`, if
  /// there is one, comes first. Throws a type error for what does not fit. `*name` takes all further
  /// positional arguments as a tuple; so does `name*`, whose signature shows one argument: f((2, 3)), f(2, 3) and f(name=(2, 3)) are the same.
  void bind(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* keywords, PyObject** slots, Object& rest);
  /// The same of a call that comes with a tuple and a dict (or null), as constructors do.
  void bind(PyObject* args, PyObject* keywords, PyObject** slots, Object& rest);

 private:
  void read();
  int find(PyObject* keyword) const;
  const char *op_, *text_;
  bool calls_;
  int n_ = -1, positional_ = 0;
  int variadic_ = -1;  // index of the parameter that swallows all positional arguments: `*shape`
  std::array<std::string, most> names_;
  std::array<PyObject*, most> interned_{}, defaults_{};
};

namespace impl {
/// A new reference to the argument that holds this very tensor; null if there is none.
PyObject* argument_that_is(const Tensor& r, PyObject* const* slots, int n);

template <class T> using Plain = std::remove_cv_t<std::remove_reference_t<T>>;

/// Whether an argument holds tensors, and else whether a factory may make much of it: arange(n), linspace(a, b, n), randperm(n).
template <class T> inline constexpr bool holds_tensors = std::is_base_of_v<Tensor, T> || std::is_same_v<T, Operand> || std::is_same_v<T, std::vector<Tensor>>;
template <class T> inline constexpr bool holds_tensors<std::optional<T>> = holds_tensors<T>;
template <class T> bool large(const T& v) {
  if constexpr (std::is_same_v<T, std::int64_t>) return v > unlock_above;
  else if constexpr (std::is_same_v<T, Scalar>) return v.re() > static_cast<double>(unlock_above) || v.re() < -static_cast<double>(unlock_above);
  else return false;
}
template <class T> bool large(const std::optional<T>& v) { return v && large(*v); }

template <class F> struct Shape_of;  // the types of a lambda
template <class R, class C, class... A> struct Shape_of<R (C::*)(A...) const> {
  using Result = Plain<R>;
  static constexpr bool reference = std::is_reference_v<R>;
  static constexpr int arity = sizeof...(A);
  /// Whether the lambda itself uses Python objects, and so needs the lock.
  static constexpr bool needs_lock = std::is_same_v<Result, Object> || (std::is_same_v<Plain<A>, PyObject*> || ...);
  template <class F, std::size_t... i>
  static PyObject* call(const Signature& s, PyObject** slots, std::index_sequence<i...>) {
    std::int64_t work = 0;
    std::tuple<decltype(From<Plain<A>>::get(nullptr, std::declval<const Arg&>()))...> args{
        From<Plain<A>>::get(slots[i], Arg{s.op(), s.name(static_cast<int>(i)), &work})...};
    if constexpr (std::is_same_v<Result, Tensor> && !(holds_tensors<Plain<A>> || ...))
      if ((large(std::get<i>(args)) || ...)) work = unlock_above + 1;
    if constexpr (std::is_void_v<R>) {
      {
        const Unlocked unlocked(!needs_lock && work > unlock_above);
        std::apply(F{}, std::move(args));
      }
      Py_RETURN_NONE;
    } else if constexpr (reference) {  // an in-place op: the first argument itself
      {
        const Unlocked unlocked(!needs_lock && work > unlock_above);
        std::apply(F{}, std::move(args));
      }
      Py_INCREF(slots[0]);
      return slots[0];
    } else {
      Result r = [&] {
        const Unlocked unlocked(!needs_lock && work > unlock_above);
        return std::apply(F{}, std::move(args));
      }();
      if constexpr (std::is_same_v<Result, Changed>) {
        if (!r.made.defined()) return Py_NewRef(slots[0]);
        if (PyObject* same = argument_that_is(r.made, slots, arity)) return same;
      }
      // x itself, or `out`: then it is held by its Python object as well.
      if constexpr (std::is_same_v<Result, Tensor>)
        if (r.defined() && r.impl().use_count() > 1)
          if (PyObject* same = argument_that_is(r, slots, arity)) return same;
      return Into<Result>::get(std::move(r));
    }
  }
  static std::string types() {
    std::string t;
    ((t += From<Plain<A>>::type, t += '\n'), ...);
    if constexpr (std::is_void_v<R>) return t + "None";
    else return t + Into<Result>::type;
  }
};
template <class F> using Call = Shape_of<decltype(&F::operator())>;

/// An op and its aliases, each with a signature of its own for the sake of its errors.
inline constexpr int names_of_one = 3;
template <class F> inline Signature* signature_of[names_of_one] = {};

template <class F>
[[gnu::noinline]] PyObject* run(Signature& s, PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* keywords) {
  return guarded([&] {
    PyObject* slots[Call<F>::arity + 1] = {};
    Object rest;
    s.bind(self, args, n, keywords, slots, rest);
    return Call<F>::template call<F>(s, slots, std::make_index_sequence<Call<F>::arity>());
  }, s.teller());
}
template <class F, int name>
PyObject* run_function(PyObject*, PyObject* const* args, Py_ssize_t n, PyObject* keywords) { return run<F>(*signature_of<F>[name], nullptr, args, n, keywords); }
template <class F, int name>
PyObject* run_method(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* keywords) { return run<F>(*signature_of<F>[name], self, args, n, keywords); }

using Run = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);
/// How Python calls an op under each of its names; `functions` or `methods` may be null.
struct Runs {
  Signature** signatures;
  const Run *functions, *methods;
};
template <class F> inline constexpr Run functions_of[] = {&run_function<F, 0>, &run_function<F, 1>, &run_function<F, 2>};
template <class F> inline constexpr Run methods_of[] = {&run_method<F, 0>, &run_method<F, 1>, &run_method<F, 2>};
void add(const char* name, const char* signature, int arity, std::string (*types)(), Runs runs);
template <class F> void add(const char* name, const char* signature, const Run* functions, const Run* methods) {
  add(name, signature, Call<F>::arity, &Call<F>::types, {signature_of<F>, functions, methods});
}
}  // namespace impl

/// Where op, function and method put what they are given: a Python module such as playhead.linalg; the main one at first.
void define_in(PyObject* module, const char* prefix);

/// A function of the current module and, if it is the main one, a method of Tensor. Throws if the lambda and the signature differ in
/// their number of parameters.
template <class F> void op(const char* name, const char* signature, F) {
  impl::add<F>(name, signature, impl::functions_of<F>, impl::methods_of<F>);
}
/// Only a function.
template <class F> void function(const char* name, const char* signature, F) {
  impl::add<F>(name, signature, impl::functions_of<F>, nullptr);
}
/// Only a method of Tensor.
template <class F> void method(const char* name, const char* signature, F) {
  impl::add<F>(name, signature, nullptr, impl::methods_of<F>);
}
/// Another name for a function or method that was defined in the current module.
void alias(const char* name, const char* of);

/// The registry, for stubs and documentation: a list of (module, name, signature, types, doc, is_function, is_method, of what it is another name).
PyObject* registry();

/// Reduces over axes as NumPy does: over `()` each element is a set of its own.
template <class F>
Tensor reduced(const Tensor& x, const Axes& axis, bool keepdims, const F& f) {
  return axis.nothing ? f(unsqueeze(x, -1), Shape{-1}, false) : f(x, axis.dims, keepdims);
}

}  // namespace ph::python
