// The elementwise table as data: an enum of the rows, what is known of each, and the call that a backend's kernel gets.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

enum class Row : std::uint16_t {
#define UNARY(name, ...) name,
#define UNARY1(name, ...) name,
#define UNARY2(name, ...) name,
#define BINARY(name, ...) name,
#define TERNARY(name, ...) name,
#define PREDICATE(name, ...) name,
#define COMPARE(name, ...) name,
#include "playhead/tensor/elementwise.def"
  count
};

/// Which text of the row: the value, or the incoming gradient times the derivative by one operand.
enum class Part : std::uint8_t { value, grad_a, grad_b, grad_c };

/// One call of the elementwise kernel: `out = part(in…)`, all of one shape (broadcast operands have stride 0).
/// For a gradient part the operands are g, then those that the row saves, in the order a, b, c, y.
/// Operands are converted to `compute` and the result from it (from bool for predicates and comparisons) to out's dtype.
/// `out` may be the same memory as an operand, element for element.
struct ElementwiseCall {
  Row row;
  Part part = Part::value;
  DType compute = float32;
  int nin = 0;
  View out;
  View in[5];
  double params[2] = {0, 0};
};

}  // namespace ph
