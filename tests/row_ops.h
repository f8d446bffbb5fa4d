// Every row of the elementwise table as data that tests run over: how it is called, in each of its forms, and sample operands.
#pragma once
#include "harness.h"
#include "playhead/tensor/elementwise.h"

namespace test {

using Tensors = std::vector<Tensor>;

struct RowOp {
  ph::Row row;
  Tensor (*apply)(const Tensors&);
  Tensor& (*out)(Tensor&, const Tensors&);
  Tensor& (*inplace)(Tensor&, const Tensors&);  // null for rows that give bool, and for `where`
  const ph::RowInfo& info() const { return ph::info(row); }
  const char* name() const { return info().name; }
  int arity() const { return info().arity; }
  bool floats() const { return info().domain != 'I' && info().domain != 'Z'; }
  bool integers() const { return info().domain != 'F' && info().domain != 'C'; }
  bool complex() const { return info().domain == 'A' || info().domain == 'N' || info().domain == 'S' || info().domain == 'C'; }
  bool differentiable() const { return floats() && !info().predicate; }
  /// Whether there is a derivative by operand i; `unknown()` in the table.
  bool differentiable_by(int i) const { return i > 0 || (row != ph::Row::zeta && row != ph::Row::igamma && row != ph::Row::igammac); }
};

inline const std::vector<RowOp>& row_ops() {
  static const std::vector<RowOp> all = {
#define PH_ROW_OP(name, args, in_place)                                          \
  {ph::Row::name, [](const Tensors& x) -> Tensor { return ph::name args; },      \
   [](Tensor& out, const Tensors& x) -> Tensor& { return PH_OUT(name, args); }, in_place},
#define PH_FIRST(...) __VA_ARGS__
#define PH_OUT(name, args) ph::name##_out(out, PH_FIRST args)
#define UNARY(name, ...) PH_ROW_OP(name, (x[0]), ([](Tensor& t, const Tensors&) -> Tensor& { return t.name##_(); }))
#define UNARY1 UNARY
#define UNARY2 UNARY
#define BINARY(name, ...) PH_ROW_OP(name, (x[0], x[1]), ([](Tensor& t, const Tensors& x) -> Tensor& { return t.name##_(x[1]); }))
#define TERNARY(name, ...) PH_ROW_OP(name, (x[0], x[1], x[2]), ([](Tensor& t, const Tensors& x) -> Tensor& { return t.name##_(x[1], x[2]); }))
#define SELECT(name, ...) PH_ROW_OP(name, (x[0], x[1], x[2]), nullptr)
#define PREDICATE(name, ...) PH_ROW_OP(name, (x[0]), nullptr)
#define COMPARE(name, ...) PH_ROW_OP(name, (x[0], x[1]), nullptr)
#include "playhead/tensor/elementwise.def"
#undef PH_ROW_OP
#undef PH_FIRST
#undef PH_OUT
  };
  return all;
}

/// Operand i of a row, in the range that the row gives; a condition is bool.
inline Tensor operand(const RowOp& op, int i, const Shape& shape, ph::DType dtype = ph::float64) {
  const ph::RowInfo& r = op.info();
  if (r.select && i == 0) return ph::greater(sample(shape, ph::float64, -1, 1, 17), 0.0);
  const bool whole = !ph::is_differentiable(dtype);
  const double lo = whole ? (ph::is_unsigned(dtype) || ph::is_bool(dtype) ? 0 : -5) : r.lo, hi = whole ? 6 : r.hi;
  Tensor x = sample(shape, ph::float64, lo, hi, static_cast<std::uint64_t>(3 + 1000 * i));
  if (whole) {
    x = ph::floor(x);
    // No division by zero, no negative power.
    if (i == 1 && !ph::is_bool(dtype)) x = ph::maximum(ph::abs(x), ph::ones({}, {.dtype = ph::float64}));
  }
  return x.to(dtype);
}
inline Tensors operands(const RowOp& op, const Shape& shape, ph::DType dtype = ph::float64) {
  Tensors x;
  for (int i = 0; i < op.arity(); ++i) x.push_back(operand(op, i, shape, dtype));
  return x;
}
/// A dtype that the row takes: float64, or int64 where it takes no floats.
inline ph::DType native(const RowOp& op) { return op.floats() ? ph::float64 : ph::int64; }

}  // namespace test
