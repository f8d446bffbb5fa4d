// Call sites come from the return addresses on the stack: the first one outside this library is the user's.
#include "playhead/autograd/anomaly.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <cstdlib>
#include <cstring>

#include "playhead/autograd/hooks.h"
#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops.h"

namespace ph {

detect_anomaly::detect_anomaly() : before_(detail::modes.anomaly) { detail::modes.anomaly = true; }
detect_anomaly::~detect_anomaly() { detail::modes.anomaly = before_; }

namespace detail {

namespace {
std::string hex(std::uintptr_t v) {
  std::string s;
  do s.insert(s.begin(), "0123456789abcdef"[v & 15]);
  while (v >>= 4);
  return "0x" + s;
}

std::uintptr_t offset_in(const Dl_info& where, void* address) {
  return reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(where.dli_fbase) - 1;
}

std::string function_name(const Dl_info& where) {
  if (!where.dli_sname) return {};
  int status = 0;
  char* readable = abi::__cxa_demangle(where.dli_sname, nullptr, nullptr, &status);
  const std::string name = status == 0 ? readable : where.dli_sname;
  std::free(readable);
  return name;
}
}  // namespace

void remember_call_site(Node& n) {
  constexpr int most = 64, shown = 12;
  void* stack[most];
  const int depth = backtrace(stack, most);
  Dl_info self{}, where{};
  dladdr(reinterpret_cast<void*>(&remember_call_site), &self);
  std::string all;  // of a program that contains the library: it cannot be told which frames are the user's
  for (int i = 1; i < depth; ++i) {
    if (!dladdr(stack[i], &where) || !where.dli_fname) continue;
    const std::string at = hex(offset_in(where, stack[i]));
    if (where.dli_fbase == self.dli_fbase) {
      if (i <= shown) all += " " + at;
      continue;
    }
    if (std::strstr(where.dli_fname, "libc.so")) break;  // past main: the library was part of the program
    const std::string file = where.dli_fname, name = function_name(where);
    n.more().call_site = (name.empty() ? "" : name + " in ") + file + " at " + at + " (addr2line -Cfe " + file + " " + at + ")";
    return;
  }
  n.more().call_site = std::string("the lines that this prints: addr2line -Cfpe ") + self.dli_fname + all;
}

void check_for_nan(const Node& n, const Tensor* results, int count) {
  for (int i = 0; i < count; ++i) {
    if (!results[i].defined() || !is_differentiable(results[i].dtype())) continue;
    const no_grad guard;
    if (!any(isnan(results[i].detach())).item<bool>()) continue;
    runtime_error(n.name, "its backward returned NaN for input ", i, "; got shape=", results[i].shape(),
                  n.extras && !n.extras->call_site.empty() ? ". The op was called from " + n.extras->call_site
                                                           : std::string(". Record the op inside detect_anomaly to learn where it was called from"));
  }
}

}  // namespace detail
}  // namespace ph
