// Whether a number may be put into a tensor of a dtype: one rule for every op that takes a number. Internal but for the bindings.
#pragma once
#include "playhead/tensor/api.h"
#include "playhead/tensor/scalar.h"

namespace PH_PUBLIC ph {
namespace detail {

/// Whether `t` has a value for `s`. An integer dtype has one for what lies in its range, without its fraction, as in NumPy; bool and
/// floats have one for every real number (too large ones are infinite), a complex number needs a complex dtype.
bool fits(const Scalar& s, DType t);
/// Throws a value error, naming `op`, for a real number that does not fit.
void check_fits(const char* op, const Scalar& s, DType t);

}  // namespace detail
}  // namespace ph
