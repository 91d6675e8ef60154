// SPDX-License-Identifier: Apache-2.0
// trace PID: stops each thread of the process, as a debugger does, and waits for good.
#include <dirent.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  const std::string threads = std::string("/proc/") + argv[1] + "/task";
  DIR* folder = opendir(threads.c_str());
  while (const dirent* entry = folder == nullptr ? nullptr : readdir(folder)) {
    const auto thread = static_cast<pid_t>(std::atoi(entry->d_name));
    if (thread > 0 && (ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0 ||
                       ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0)) {
      std::perror("ptrace");
      return 1;
    }
  }
  for (;;) {
    pause();
  }
}
