// The function that one of our own stands in front of.
#pragma once

#include <dlfcn.h>

namespace tidings::http {

// nullptr: no library of this process has it.
template <class Function>
Function* symbolBehind(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace tidings::http
