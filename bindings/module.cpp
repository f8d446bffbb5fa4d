// The extension module playhead._core: everything is put into it here.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace {
PyModuleDef definition = {.m_base = PyModuleDef_HEAD_INIT, .m_name = "playhead._core", .m_doc = "The compiled part of playhead.", .m_size = -1};

PyObject* make_registry(PyObject*, PyObject*) { return ph::python::guarded([] { return ph::python::registry(); }); }
/// A module inside the core, such as _core._linalg, which bindings/playhead/linalg.py shows to users. The underscore keeps
/// `from ._core import *` from putting it in that one's place.
PyObject* submodule(PyObject* core, const char* name) {
  using namespace ph::python;
  PyObject* m = PyImport_AddModule(("playhead._core." + std::string(name)).c_str());
  if (!m || PyModule_AddObjectRef(core, name, m) < 0) throw PythonError();
  return m;
}
PyMethodDef registry_definition = {"_registry", make_registry, METH_NOARGS, nullptr};
}  // namespace

PyMODINIT_FUNC PyInit__core() {
  using namespace ph::python;
  return guarded([]() -> PyObject* {
    Object module = checked(PyModule_Create(&definition));
    PyObject* m = module.get();
    define_types(m);
    define_in(m, "");
    define_elementwise();
    define_creation();
    define_reduce();
    define_shape();
    define_index();
    define_sort();
    define_search();
    define_matmul();
    define_matrix();
    define_nn();
    define_norm();
    define_loss();
    define_conv();
    define_pool();
    define_resample();
    define_random();
    define_dtype();
    define_special();
    define_stft();
    define_methods();
    define_interchange();
    define_dlpack();
    define_autograd(m);
    define_in(submodule(m, "_linalg"), "linalg.");
    define_linalg();
    define_in(submodule(m, "_cuda"), "cuda.");
    define_cuda();
    define_in(submodule(m, "_masked"), "masked.");
    define_masked();
    define_in(submodule(m, "_nn"), "nn.");
    define_modules(checked(PyObject_GetAttrString(m, "_nn")).get());
    define_in(submodule(m, "_init"), "nn.init.");
    define_init();
    define_in(submodule(m, "_fft"), "fft.");
    define_fft();
    define_in(submodule(m, "_special"), "special.");
    define_polynomials();
    define_in(submodule(m, "_signal_windows"), "signal.windows.");
    define_windows();
    PyType_Modified(&TensorType);
    if (PyModule_AddObjectRef(m, "_registry", checked(PyCFunction_New(&registry_definition, nullptr)).get()) < 0) throw PythonError();
    if (PyModule_AddStringConstant(m, "__version__", PH_VERSION) < 0) throw PythonError();
    return module.release();
  });
}
