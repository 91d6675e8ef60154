// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/thread_identity.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "loadline/detail/service_thread.h"

namespace loadline {

std::string ThreadName(std::string_view name, int number) {
  constexpr std::size_t kLengthMax = 15;
  const std::string suffix = absl::StrCat("-", number);
  return std::string(name.substr(0, kLengthMax - suffix.size())) + suffix;
}

void NameThisThread(const std::string& name) { pthread_setname_np(pthread_self(), name.c_str()); }

sigset_t BlockedSignals() {
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  return blocked;
}

namespace detail {

std::thread StartServiceThread(const std::string& name, std::function<void()> run) {
  sigset_t all, before;
  sigfillset(&all);
  // Those that tell of a fault or of a profiler stay: a service wants to hear of them anywhere.
  for (const int kept : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF}) {
    sigdelset(&all, kept);
  }
  pthread_sigmask(SIG_SETMASK, &all, &before);  // Inherited: the thread never runs without it.
  struct Restore {
    const sigset_t* mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, mask, nullptr); }
  } const restore{&before};
  return std::thread([name, run = std::move(run)] {
    NameThisThread(name);
    run();
  });
}

}  // namespace detail
}  // namespace loadline
