// Enums and arguments that functions and layers both take.
#pragma once
#include "bindings/convert.h"

namespace ph::python {

template <> struct From<LossReduction> {
  static constexpr const char* type = "str";
  static LossReduction get(PyObject* o, const Arg& a) {
    static constexpr Choice<LossReduction> all[] = {{"none", LossReduction::none}, {"mean", LossReduction::mean}, {"sum", LossReduction::sum}},
                                           of_kl_div[] = {all[0], all[1], all[2], {"batchmean", LossReduction::batchmean}};
    const std::string_view op = a.op;
    return op == "kl_div" || op == "KLDivLoss" ? choose(of_kl_div, o, a) : choose(all, o, a);
  }
};
template <> struct Into<LossReduction> {
  static constexpr const char* type = "str";
  static PyObject* get(LossReduction v) {
    static constexpr const char* names[] = {"none", "mean", "sum", "batchmean"};
    return PyUnicode_FromString(names[static_cast<int>(v)]);
  }
};
PH_CHOICE(BagMode, {"sum", BagMode::sum}, {"mean", BagMode::mean}, {"max", BagMode::max})
PH_CHOICE(Resample, {"nearest", Resample::nearest}, {"nearest-exact", Resample::nearest_exact}, {"linear", Resample::linear}, {"bilinear", Resample::bilinear},
          {"bicubic", Resample::bicubic}, {"trilinear", Resample::trilinear}, {"area", Resample::area})

template <> struct From<ConvPadding> {
  static constexpr const char* type = "int | Sequence[int] | str";
  static ConvPadding get(PyObject* o, const Arg& a) {
    if (!PyUnicode_Check(o)) return From<PerDim>::get(o, a);
    const std::string name = to_text(o, a);
    if (name != "same" && name != "valid") value_error(a.op, a.name, " must be numbers, 'same' or 'valid'; got '", name, "'");
    return name.c_str();
  }
};

/// A number, or several.
struct Factors {
  std::vector<double> values;
};
template <> struct From<Factors> {
  static constexpr const char* type = "float | Sequence[float]";
  static Factors get(PyObject* o, const Arg& a) {
    const bool several = PyTuple_Check(o) || PyList_Check(o);
    Factors f;
    for (Py_ssize_t i = 0; i < (several ? PySequence_Fast_GET_SIZE(o) : 1); ++i) {
      const Object item = Object::borrowed(several ? PySequence_Fast_GET_ITEM(o, i) : o);
      if (!is_number(item.get())) wrong_argument(a, "a number, or a tuple of numbers", o);
      f.values.push_back(to_double(item.get(), a));
    }
    return f;
  }
};
template <> struct OrNone<Factors> { static constexpr const char* type = "float | Sequence[float] | None"; };

}  // namespace ph::python
