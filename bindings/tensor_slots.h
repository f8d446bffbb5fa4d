// The pieces that the type Tensor is put together from; each stands in a file of its own.
#pragma once
#include "bindings/convert.h"

namespace ph::python {

/// The value of an int beyond 64 bits, rounded, infinite beyond floats; nothing for any other object.
std::optional<double> far_value(PyObject* o);
/// What stands for it where x is compared with it: to integers it is infinite, however far their own largest is rounded.
Scalar far_from(const Tensor& x, double value);

extern PyNumberMethods tensor_number;      // tensor_number.cpp
extern PyMappingMethods tensor_mapping;    // tensor_index.cpp
extern PySequenceMethods tensor_sequence;
extern PyBufferProcs tensor_buffer;        // interchange.cpp
extern PyGetSetDef tensor_attributes[];    // tensor_attributes.cpp
PyObject* compare(PyObject* a, PyObject* b, int how);
PyObject* iterate(PyObject* x);

/// f(), without the lock if the work is long enough, as a new object.
template <class F>
PyObject* computed(std::int64_t work, F f) {
  Tensor y = [&] {
    const Unlocked unlocked(work > unlock_above);
    return f();
  }();
  return wrap(std::move(y));
}

void define_types(PyObject* module);        // tensor_type.cpp
void define_methods();                      // tensor_methods.cpp
void define_interchange();                  // interchange.cpp, dlpack.cpp
void define_dlpack();
void define_autograd(PyObject* module);     // autograd.cpp
void define_modules(PyObject* module);      // nn_native.cpp; optim.cpp, io.cpp
void define_init();                         // nn_init.cpp
void define_elementwise();                  // ops_elementwise.cpp and its like
void define_creation();
void define_reduce();
void define_shape();
void define_index();
void define_sort();
void define_search();
void define_matmul();
void define_matrix();
void define_linalg();
void define_nn();
void define_norm();
void define_loss();
void define_masked();
void define_conv();
void define_pool();
void define_resample();
void define_random();
void define_fft();
void define_special();
void define_polynomials();
void define_stft();
void define_windows();
void define_dtype();
void define_cuda();

}  // namespace ph::python
