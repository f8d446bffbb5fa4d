// Where an optional library may lie.
#include "playhead/tensor/library.h"

#include <dlfcn.h>

namespace ph {

void* open_library(const char* file, std::string* why_not) {
  Dl_info self{};
  void* library = nullptr;
  if (file[0] != '/' && dladdr(reinterpret_cast<void*>(&open_library), &self) && self.dli_fname) {
    const std::string here = self.dli_fname;
    library = dlopen((here.substr(0, here.rfind('/') + 1) + file).c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (!library) library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* why = dlerror();
    *why_not = why ? why : file;
  }
  return library;
}

}  // namespace ph
