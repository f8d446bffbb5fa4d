// Dtypes of tensors: conversion, and what promotion makes of several operands. Facts about a dtype alone are in tensor/dtype.h.
#pragma once
#include <initializer_list>
#include <utility>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// x in another dtype; x itself only if that is its own and `copy` is false.
Tensor astype(const Tensor& x, DType dtype, bool copy = true);

/// A tensor, a dtype, or a number, which is weak.
class TypeOperand {
 public:
  TypeOperand(DType t) : dtype_(t) {}
  TypeOperand(const Tensor& x) : dtype_(x.dtype()) {}
  template <class T, class = decltype(Scalar(std::declval<T>()))>
  TypeOperand(T value) : number_(value), weak_(true) {}

  bool weak() const { return weak_; }
  DType dtype() const { return dtype_; }
  const Scalar& number() const { return number_; }

 private:
  DType dtype_ = DType::boolean;
  Scalar number_;
  bool weak_ = false;
};
/// The dtype that an op on the operands computes in; numbers are weak. Throws a type error if there is none.
DType result_type(std::initializer_list<TypeOperand> operands);
/// Whether promotion takes the first dtype to the second.
inline bool can_cast(const Tensor& from, DType to) { return can_cast(from.dtype(), to); }

}  // namespace ph
