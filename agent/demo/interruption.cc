// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/interruption.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "absl/status/status.h"

namespace loadline::demo {
namespace {

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);  // The terminal is gone.
  return set;
}

}  // namespace

absl::StatusOr<Interruption> Interruption::Create(const Clock& clock) {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) {
    return absl::ErrnoToStatus(errno, "signalfd");
  }
  return Interruption(clock, signals);
}

Interruption::~Interruption() {
  if (signals_ < 0) {
    return;
  }
  // Take what came, or it would end the program when the mask falls.
  signalfd_siginfo taken;
  while (read(signals_, &taken, sizeof taken) > 0) {
  }
  close(signals_);
  const sigset_t set = Signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

absl::Status Interruption::WaitUntil(Clock::Time until) {
  while (true) {
    const Clock::Duration left = std::max(until - clock_->Now(), Clock::Duration::zero());
    pollfd signal{.fd = signals_, .events = POLLIN, .revents = 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    const int ready = poll(&signal, 1, static_cast<int>(ms));
    if (ready > 0) {
      return absl::CancelledError("interrupted");
    }
    if (ready == 0) {
      return absl::OkStatus();
    }
    if (errno != EINTR) {
      return absl::ErrnoToStatus(errno, "poll");
    }
  }
}

}  // namespace loadline::demo
