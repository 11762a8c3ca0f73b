// Keeps what is in this process's memory, passwords and keys among it, out of core dumps, and its
// environment and memory from other processes of the same user.
#pragma once

#include <sys/prctl.h>

#include <cstdlib>
#include <string_view>

namespace tidings {

// Called first in main(). A worker's core would lie on a disk, or travel to a collector of crashes,
// with every credential it has. Not a limit on the size of cores: that one doesn't hold where
// the kernel pipes them to a program. Who hunts a crash sets TIDINGS_CORE_DUMPS=1.
inline void keepSecretsInMemory() {
  const char* wanted = std::getenv("TIDINGS_CORE_DUMPS");
  if (wanted == nullptr || std::string_view(wanted) != "1") ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace tidings
