// The rows' derivatives with T = Tensor: the same texts as the kernels', in ops that are recorded in their turn.
#include "playhead/autograd/elementwise.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/tensor/elementwise_rows.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace rows {
namespace {

// g times a derivative, which may be a tensor, a number, or a masked one.
Tensor chain(const Tensor& g, const Tensor& d) { return g * (is_complex(d.dtype()) ? conj(d) : d); }
Tensor chain(const Tensor& g, double d) {
  if (d == 1) return g;
  if (d == -1) return -g;
  if (d != 0) return g * d;
  Tensor zeros = detail::make_tensor(g.shape(), g.dtype(), g.device());
  kernels(g.device()).fill(view_of(zeros), 0);
  return zeros;
}
Tensor chain(const Tensor& g, One) { return g; }
Tensor chain(const Tensor& g, const Pick<Tensor>& d) { return ph::where(d.c, g * d.a, g * d.b); }
template <class V>
Tensor chain(const Tensor& g, const Only<Tensor, V>& d) { return ph::where(d.c, chain(g, d.v), Scalar(0)); }

template <bool used>
decltype(auto) operand(const Tensor& x) {
  if constexpr (used) return (x);
  else return Unsaved{};
}

template <Row R, Part Q>
inline constexpr bool is_unknown = [] {
  if constexpr (Q != Part::grad_a || !has_grad<R, Q> || uses<R, Q> != 0) return false;
  else return __is_same(decltype(Text<R, double>::grad_a(0., 0., 0., 0., 0., 0.)), Unknown);
}();

template <Row R, Part Q>
Tensor gradient([[maybe_unused]] const Tensor& g, [[maybe_unused]] const Tensor* abcy, [[maybe_unused]] const double* p) {
  if constexpr (has_grad<R, Q>) {
    using X = Text<R, Tensor>;
    constexpr unsigned used = uses<R, Q>;
    const auto& a = operand<(used & 1) != 0>(abcy[0]);
    const auto& b = operand<(used & 2) != 0>(abcy[1]);
    const auto& c = operand<(used & 4) != 0>(abcy[2]);
    const auto& y = operand<(used & 8) != 0>(abcy[3]);
    if constexpr (is_unknown<R, Q>) runtime_error(info(R).name, "has no derivative by its first operand. Detach it");
    else if constexpr (Q == Part::grad_a) return chain(g, X::grad_a(a, b, c, y, p[0], p[1]));
    else if constexpr (Q == Part::grad_b) return chain(g, X::grad_b(a, b, c, y, p[0], p[1]));
    else return chain(g, X::grad_c(a, b, c, y, p[0], p[1]));
  } else {
    return {};
  }
}

using Gradient = Tensor (*)(const Tensor&, const Tensor*, const double*);
constexpr Gradient gradients[][3] = {
#define UNARY(name, ...) {gradient<Row::name, Part::grad_a>, gradient<Row::name, Part::grad_b>, gradient<Row::name, Part::grad_c>},
#define UNARY1 UNARY
#define UNARY2 UNARY
#define BINARY UNARY
#define TERNARY UNARY
#define SELECT UNARY
#define PREDICATE UNARY
#define COMPARE UNARY
#include "playhead/tensor/elementwise.def"
};

}  // namespace
}  // namespace rows

Tensor detail::row_gradient(Row row, Part part, const Tensor& g, const Tensor* abcy, const double* params) {
  return rows::gradients[static_cast<int>(row)][static_cast<int>(part) - 1](g, abcy, params);
}

}  // namespace ph
