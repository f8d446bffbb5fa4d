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
#define SELECT(name, ...) name,
#define PREDICATE(name, ...) name,
#define COMPARE(name, ...) name,
#include "playhead/tensor/elementwise.def"
  count
};
inline constexpr int row_count = static_cast<int>(Row::count);

/// Which text of the row: the value, or the incoming gradient times the derivative by one operand (for complex numbers
/// times its conjugate).
enum class Part : std::uint8_t { value, grad_a, grad_b, grad_c };

/// What is known of a row.
struct RowInfo {
  const char* name;
  const char* doc;
  const char* params[2];     ///< names, null where there is none
  double defaults[2];
  double lo, hi;             ///< the range that tests draw from
  std::uint8_t arity;        ///< number of operands
  char domain;               ///< its letter; see elementwise.def
  bool predicate;            ///< the result is bool
  bool select;               ///< operand a is a bool condition
  std::uint8_t saves;        ///< bit set of operands that the derivatives use: bit 0 a, 1 b, 2 c, 3 the output
  std::uint8_t uses[3];      ///< the same for each derivative
  bool constant[3];          ///< the derivative is a number; kernels have no text for that part
  int nparams() const { return params[0] == nullptr ? 0 : params[1] == nullptr ? 1 : 2; }
};
namespace detail {
extern const RowInfo row_infos[];
}
inline const RowInfo& info(Row row) { return detail::row_infos[static_cast<int>(row)]; }

/// One call of the elementwise kernel: `out = part(in…)`, all of one shape (broadcast operands have stride 0).
/// For a gradient part the operands are g, then those that this derivative uses, in the order a, b, c, y.
/// Operands are converted to `compute` (the condition of a select row stays bool) and the result from it (from bool for
/// predicates and comparisons) to out's dtype. float16 and bfloat16 are no compute dtypes: they compute in float32.
/// `out` may be the same memory as an operand, element for element.
/// Integer division by zero and negative integer powers are a value error, raised before anything is written.
struct ElementwiseCall {
  Row row;
  Part part = Part::value;
  DType compute = float32;
  int nin = 0;
  View out;
  View in[5];
  double params[2] = {0, 0};
};

/// A loop over n dense elements; the order of the operands is an ElementwiseCall's. `out` may be one of them.
using DenseLoop = void (*)(void* out, const void* const* in, std::int64_t n, const double* params);

}  // namespace ph
