// Signatures, and where functions and methods are put.
#include "bindings/op.h"

#include <cctype>
#include <cstring>
#include <string_view>

#include "bindings/contracts.h"

namespace ph::python {
namespace {

PyObject* current_module = nullptr;
std::string current_prefix;

struct Registered {
  std::string module, name;
  const char* signature;
  std::string types, doc, help;  // help: doc and an example
  impl::Runs runs;
  bool function, method;
  std::string of;  // what this is another name of
};
std::vector<Registered>& registered() {
  static auto* all = new std::vector<Registered>;
  return *all;
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}
/// The next piece up to a comma outside quotes and brackets.
std::string_view next_parameter(std::string_view& s) {
  int depth = 0;
  char quote = 0;
  std::size_t i = 0;
  for (; i < s.size(); ++i) {
    const char c = s[i];
    if (quote) quote = c == quote ? '\0' : quote;
    else if (c == '\'' || c == '"') quote = c;
    else if (c == '(' || c == '[') ++depth;
    else if (c == ')' || c == ']') --depth;
    else if (c == ',' && depth == 0) break;
  }
  const std::string_view piece = trimmed(s.substr(0, i));
  s.remove_prefix(i < s.size() ? i + 1 : i);
  return piece;
}
PyObject* literal(const std::string& text) {
  if (text == "None") return Py_NewRef(Py_None);
  if (text == "True") return Py_NewRef(Py_True);
  if (text == "False") return Py_NewRef(Py_False);
  if (text == "()") return PyTuple_New(0);
  if (text == "inf") return PyFloat_FromDouble(inf);
  if (text == "-inf") return PyFloat_FromDouble(-inf);
  if (text.front() == '\'') return PyUnicode_FromStringAndSize(text.data() + 1, static_cast<Py_ssize_t>(text.size()) - 2);
  if (text.find_first_of(".e") != std::string::npos) return PyFloat_FromDouble(std::stod(text));
  return PyLong_FromString(text.c_str(), nullptr, 10);
}

/// Names that NumPy, the array API and PyTorch use for one thing.
constexpr const char* synonyms[][2] = {{"dim", "axis"}, {"keepdim", "keepdims"}, {"dims", "axis"}, {"dims", "axes"}, {"dim", "axes"}, {"dim", "dims"},
                                       {"p", "ord"}, {"k", "diagonal"}, {"input", "x"}, {"tensors", "arrays"}, {"unbiased", "correction"}, {"ddof", "correction"}, {"steps", "num"},
                                       {"slope", "negative_slope"}, {"min", "min_val"}, {"max", "max_val"}, {"lambda", "lambd"}, {"at", "threshold"}};

/// Keywords that may be None: what NumPy's own functions pass to methods, and what PyTorch gave up.
bool changes_nothing(PyObject* keyword) {
  for (const char* name : {"out", "dtype", "size_average", "reduce"})
    if (PyUnicode_CompareWithASCIIString(keyword, name) == 0) return true;
  return false;
}

[[noreturn]] void missing(const char* op, const char* name) { type_error(op, "argument '", name, "' is missing"); }

}  // namespace

void Signature::read() {
  n_ = 0;
  positional_ = -1;
  std::string_view rest = text_;
  while (!trimmed(rest).empty()) {
    const std::string_view p = next_parameter(rest);
    if (p == "/") continue;
    if (p == "*") {
      positional_ = n_;
      continue;
    }
    if (n_ == most) runtime_error(op_, "has too many parameters");
    const std::size_t eq = p.find('=');
    std::string name(trimmed(p.substr(0, eq)));
    if (name.front() == '*' || name.back() == '*') {
      name.erase(name.front() == '*' ? 0 : name.size() - 1, 1);
      variadic_ = n_;
      positional_ = n_;
    }
    const auto i = static_cast<std::size_t>(n_++);
    interned_[i] = checked(PyUnicode_InternFromString(name.c_str())).release();
    names_[i] = std::move(name);
    if (eq != std::string_view::npos) defaults_[i] = checked(literal(std::string(trimmed(p.substr(eq + 1))))).release();
  }
  if (positional_ < 0) positional_ = n_;
}

int Signature::find(PyObject* keyword) const {
  for (std::size_t i = 0; i < static_cast<std::size_t>(n_); ++i)
    if (interned_[i] == keyword) return static_cast<int>(i);
  const char* text = PyUnicode_AsUTF8(keyword);
  if (!text) throw PythonError();
  for (int i = 0; i < n_; ++i)
    if (names_[static_cast<std::size_t>(i)] == text) return i;
  for (const auto& [a, b] : synonyms)
    for (int i = 0; i < n_; ++i) {
      const std::string& name = names_[static_cast<std::size_t>(i)];
      if ((name == a && !std::strcmp(text, b)) || (name == b && !std::strcmp(text, a))) return i;
    }
  // PyTorch's names of the first two operands.
  if (!std::strcmp(text, "input") || !std::strcmp(text, "self")) return 0;
  if (!std::strcmp(text, "other") && n_ > 1) return 1;
  return -1;
}

void Signature::bind(PyObject* args, PyObject* keywords, PyObject** slots, Object& rest) {
  std::vector<PyObject*> all;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) all.push_back(PyTuple_GET_ITEM(args, i));
  const auto n = static_cast<Py_ssize_t>(all.size());
  Object names;
  if (keywords && PyDict_GET_SIZE(keywords) > 0) {
    names = checked(PyTuple_New(PyDict_GET_SIZE(keywords)));
    PyObject *name = nullptr, *value = nullptr;
    Py_ssize_t k = 0;
    for (Py_ssize_t at = 0; PyDict_Next(keywords, &at, &name, &value); all.push_back(value)) PyTuple_SET_ITEM(names.get(), k++, Py_NewRef(name));
  }
  bind(nullptr, all.data(), n, names.get(), slots, rest);
}

void Signature::bind(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* keywords, PyObject** slots, Object& rest) {
  if (n_ < 0) read();
  int at = 0;
  if (self) slots[at++] = self;
  if (variadic_ < 0) {
    if (n > positional_ - at)
      type_error(op_, "takes at most ", positional_ - at, " positional arguments; got ", static_cast<std::int64_t>(n), ". Signature: ", op_, "(", text_, ")");
    for (Py_ssize_t i = 0; i < n; ++i) slots[at++] = args[i];
  } else {
    Py_ssize_t i = 0;
    for (; i < n && at < variadic_; ++i) slots[at++] = args[i];
    // f(2, 3) and f((2, 3)) are the same.
    if (n - i == 1 && (PyTuple_Check(args[i]) || PyList_Check(args[i]))) {
      rest = checked(PySequence_Tuple(args[i++]));
      slots[variadic_] = rest.get();
    } else if (n > i || !defaults_[static_cast<std::size_t>(variadic_)]) {
      rest = checked(PyTuple_New(n - i));
      for (Py_ssize_t k = 0; i < n; ++i, ++k) PyTuple_SET_ITEM(rest.get(), k, Py_NewRef(args[i]));
      slots[variadic_] = rest.get();
    }
  }
  if (keywords) {
    const Py_ssize_t count = PyTuple_GET_SIZE(keywords);
    for (Py_ssize_t k = 0; k < count; ++k) {
      PyObject* keyword = PyTuple_GET_ITEM(keywords, k);
      const int i = find(keyword);
      if (i < 0 && args[n + k] == Py_None && changes_nothing(keyword)) continue;
      if (i < 0) type_error(op_, "has no argument '", PyUnicode_AsUTF8(keyword), "'. Signature: ", op_, "(", text_, ")");
      if (i == variadic_ && rest && PyTuple_GET_SIZE(rest.get()) == 0) slots[i] = nullptr;
      if (slots[i]) type_error(op_, "argument '", names_[static_cast<std::size_t>(i)], "' is given twice");
      slots[i] = args[n + k];
      // What swallows positional arguments is a tuple by keyword too, except where None stands for a default.
      if (i == variadic_ && !(slots[i] == Py_None && defaults_[static_cast<std::size_t>(i)])) {
        rest = checked(PyTuple_Check(slots[i]) || PyList_Check(slots[i]) ? PySequence_Tuple(slots[i]) : PyTuple_Pack(1, slots[i]));
        slots[i] = rest.get();
      }
    }
  }
  for (int i = 0; i < n_; ++i)
    if (!slots[i]) {
      slots[i] = defaults_[static_cast<std::size_t>(i)];
      if (!slots[i]) missing(op_, names_[static_cast<std::size_t>(i)].c_str());
    }
}

void define_in(PyObject* module, const char* prefix) {
  current_module = module;
  current_prefix = prefix;
}

namespace impl {
PyObject* argument_that_is(const Tensor& r, PyObject* const* slots, int n) {
  for (int i = 0; i < n; ++i)
    if (slots[i] && is_tensor(slots[i]) && tensor_of(slots[i]).is_same(r)) return Py_NewRef(slots[i]);
  return nullptr;
}

namespace {
int count_parameters(std::string_view s) {
  int n = 0;
  while (!trimmed(s).empty()) {
    const std::string_view p = next_parameter(s);
    n += p != "/" && p != "*";
  }
  return n;
}
/// As Python writes it: `shape*, dtype=None` is `shape, *, dtype=None`.
std::string as_python(std::string signature) {
  for (std::size_t i = 1; i < signature.size(); ++i) {
    if (signature[i] != '*' || !std::isalnum(static_cast<unsigned char>(signature[i - 1]))) continue;
    signature.replace(i, 1, i + 1 < signature.size() ? ", *" : "");
  }
  return signature;
}
/// What is known of an op: first under its full name, then as that of the main module.
Contract find_contract(const std::string& name, bool only_method) {
  Contract found;
  for (const std::string& full : {only_method ? "Tensor." + name : current_prefix + name, name}) {
    const Contract c = contract_of(full);
    if (!*found.text) found.text = c.text;
    if (!*found.example) found.example = c.example;
  }
  return found;
}
PyMethodDef* new_definition(const char* name, const std::string& doc, Run run) {
  auto* text = new std::string(doc);
  auto* function = reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(run));
  return new PyMethodDef{name, function, METH_FASTCALL | METH_KEYWORDS, text->c_str()};
}

/// Puts an op, or another name of it, into the current module and Tensor.
void install(Registered r) {
  int k = 0;
  while (k < names_of_one && r.runs.signatures[k]) ++k;
  if (k == names_of_one) runtime_error(r.name.c_str(), "has too many names");
  // Helpers of the Python files and Python's own protocols (__array__) leave errors as they are; a backward pass speaks of the ops in it.
  const bool helper = r.name[0] == '_' && r.name[1] != '_', ordinary = r.name[0] != '_' && r.name != "backward";
  const char* name = (new std::string(r.name))->c_str();
  r.runs.signatures[k] = new Signature((new std::string(helper ? name + 1 : r.module + name))->c_str(), r.signature, ordinary);
  const std::string shown = as_python(r.signature), head = r.name + "(" + shown + ")\n--\n\n";
  if (r.function) {
    Object f = checked(PyCFunction_NewEx(new_definition(name, head + r.help, r.runs.functions[k]), nullptr, nullptr));
    if (PyModule_AddObjectRef(current_module, name, f.get()) < 0) throw PythonError();
  }
  if (r.method) {
    // inspect shows `$self` as bound.
    std::string own = r.name + "($self";
    std::string_view rest = shown;
    next_parameter(rest);
    if (!trimmed(rest).empty()) own += ", " + std::string(trimmed(rest));
    const Object d = checked(PyDescr_NewMethod(&TensorType, new_definition(name, own + ")\n--\n\n" + r.help, r.runs.methods[k])));
    if (PyDict_SetItemString(TensorType.tp_dict, name, d.get()) < 0) throw PythonError();
  }
  registered().push_back(std::move(r));
}
}  // namespace

void add(const char* name, const char* signature, int arity, std::string (*types)(), Runs runs) {
  if (count_parameters(signature) != arity) runtime_error(name, "signature and function differ in their parameters: ", signature);
  const Contract known = find_contract(name, !runs.functions);
  std::string contract = known.text;
  if (contract.empty() && !runs.functions && std::string_view(name).ends_with('_'))
    contract = "In place: " + std::string(find_contract(std::string(name, std::strlen(name) - 1), false).text);
  const std::string help = contract + known.example;
  install({current_prefix, name, signature, types(), contract, help, runs, runs.functions != nullptr, runs.methods && (!runs.functions || current_prefix.empty()), {}});
}
}  // namespace impl

void alias(const char* name, const char* of) {
  for (std::size_t i = registered().size(); i-- > 0;) {
    Registered r = registered()[i];
    if (r.module != current_prefix || r.name != of) continue;
    r.name = name;
    if (r.of.empty()) r.of = of;
    return impl::install(std::move(r));
  }
  runtime_error(name, "there is no ", of, " to be another name of");
}

PyObject* registry() {
  Object list = checked(PyList_New(0));
  for (const Registered& r : registered()) {
    const Object entry = checked(Py_BuildValue("(sssssOOs)", r.module.c_str(), r.name.c_str(), r.signature, r.types.c_str(), r.doc.c_str(),
                                               r.function ? Py_True : Py_False, r.method ? Py_True : Py_False, r.of.c_str()));
    if (PyList_Append(list.get(), entry.get()) < 0) throw PythonError();
  }
  return list.release();
}

}  // namespace ph::python
