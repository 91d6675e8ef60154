// SPDX-License-Identifier: Apache-2.0
#include "loadline/detail/fork_watch.h"

#include <pthread.h>

#include <atomic>

namespace loadline::detail {
namespace {

std::atomic<int> forks{0};

}  // namespace

ForkWatch::ForkWatch() noexcept {
  [[maybe_unused]] static const int watched =
      pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  forks_ = forks.load(std::memory_order_relaxed);
}

bool ForkWatch::in_child() const noexcept {
  return forks.load(std::memory_order_relaxed) != forks_;
}

}  // namespace loadline::detail
