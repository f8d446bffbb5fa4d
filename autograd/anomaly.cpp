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

bool is_ours(const char* symbol) { return std::strncmp(symbol, "ph::", 4) == 0 || std::strstr(symbol, " ph::"); }

std::string describe(void* address) {
  Dl_info where{};
  if (!dladdr(address, &where) || !where.dli_fname) return {};
  std::string function;
  if (where.dli_sname) {
    int status = 0;
    char* readable = abi::__cxa_demangle(where.dli_sname, nullptr, nullptr, &status);
    function = status == 0 ? readable : where.dli_sname;
    std::free(readable);
    if (is_ours(function.c_str())) return {};
  }
  const auto offset = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(where.dli_fbase) - 1;
  const std::string file = where.dli_fname;
  return (function.empty() ? "" : function + " in ") + file + " at " + hex(offset) + " (addr2line -Cfe " + file + " " + hex(offset) + ")";
}
}  // namespace

void remember_call_site(Node& n) {
  constexpr int most = 64;
  void* stack[most];
  const int depth = backtrace(stack, most);
  Dl_info self{}, other{};
  dladdr(reinterpret_cast<void*>(&remember_call_site), &self);
  for (int i = 1; i < depth; ++i) {
    // In a static build the program and the library are one file; then the names have to tell.
    const bool same_file = dladdr(stack[i], &other) && other.dli_fbase == self.dli_fbase;
#ifndef PH_STATIC
    if (same_file) continue;
#else
    if (same_file && other.dli_sname && std::strncmp(other.dli_sname, "_ZN2ph", 6) == 0) continue;
#endif
    std::string site = describe(stack[i]);
    if (site.empty()) continue;
    n.more().call_site = std::move(site);
    return;
  }
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
