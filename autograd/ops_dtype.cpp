// Conversion and promotion of whole operands; the rules for dtypes alone are in tensor/dtype.cpp.
#include "playhead/autograd/ops_dtype.h"

namespace PH_PUBLIC ph {

Tensor astype(const Tensor& x, DType dtype, bool copy) { return copy && x.dtype() == dtype ? x.clone() : x.to(dtype); }

DType result_type(std::initializer_list<TypeOperand> operands) {
  if (operands.size() == 0) value_error("result_type", "needs at least one operand");
  DType t = bool_;
  for (const TypeOperand& o : operands) {
    if (o.weak()) continue;
    if (!can_promote(t, o.dtype())) type_error("result_type", "no dtype holds both; got ", t, " and ", o.dtype());
    t = promote(t, o.dtype());
  }
  for (const TypeOperand& o : operands)
    if (o.weak()) t = weak_promote(t, o.number());
  return t;
}

}  // namespace ph
