// Call sites come from the front end, if the op was called from its language; else from the return addresses on the stack: the first one
// outside this library is the user's.
#include "playhead/autograd/anomaly.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include "playhead/autograd/front_end.h"
#include "playhead/autograd/hooks.h"
#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops.h"

namespace ph {

namespace detail {

FrontEnd front_end{};

namespace {
thread_local bool checks_nan = true;
thread_local const Node* watched = nullptr;  // the node whose backward runs
}  // namespace

Anomaly set_anomaly(Anomaly a) { return {std::exchange(modes.anomaly, a.on), std::exchange(checks_nan, a.check_nan)}; }

}  // namespace detail

detect_anomaly::detect_anomaly(bool check_nan) : before_(detail::set_anomaly({true, check_nan})) {}
detect_anomaly::~detect_anomaly() { detail::set_anomaly(before_); }

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

namespace {
const std::string& site_of(const Node& n) {
  static const std::string none;
  return n.extras ? n.extras->call_site : none;
}

std::string native_call_site() {
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
    return (name.empty() ? " " : " " + name + " in ") + file + " at " + at + " (addr2line -Cfe " + file + " " + at + ")";
  }
  return std::string(" the lines that this prints: addr2line -Cfpe ") + self.dli_fname + all;
}

// What an error says of where its op came from.
std::string origin(const Node& n) {
  return site_of(n).empty() ? "Record the op inside detect_anomaly to learn where it was called from" : "The op was called from" + site_of(n);
}
}  // namespace

void remember_call_site(Node& n) {
  std::string site = front_end.call_site ? front_end.call_site() : std::string();
  if (site.empty()) site = native_call_site();
  if (watched && !site_of(*watched).empty())
    site += std::string("\nIt was recorded by the backward of ") + watched->name + ", which was called from" + site_of(*watched);
  n.more().call_site = std::move(site);
}

void backward_watched(Node& n, Backward& d) {
  struct Watch {
    const Node* before;
    ~Watch() { watched = before; }
  } watch{std::exchange(watched, &n)};
  try {
    n.backward(d);
  } catch (const Error& e) {
    if (n.is_leaf) throw;
    throw Error(e.kind(), e.what() + (". " + origin(n)));
  } catch (const std::exception& e) {
    if (front_end.add_note && !n.is_leaf) front_end.add_note(e, origin(n));
    throw;
  }
}

void check_for_nan(const Node& n, const Tensor* results, int count) {
  if (!checks_nan) return;
  for (int i = 0; i < count; ++i) {
    if (!results[i].defined() || !is_differentiable(results[i].dtype())) continue;
    const no_grad guard;
    if (!any(isnan(results[i].detach())).item<bool>()) continue;
    runtime_error(n.name, "its backward returned NaN for input ", i, "; got shape=", results[i].shape(), ". ", origin(n));
  }
}

}  // namespace detail
}  // namespace ph
