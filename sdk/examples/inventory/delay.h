// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace loadline::examples {

// Waits that can be cut short, so that a program with answers due in an hour still ends at once.
//
// Thread safety: any.
class Delay {
 public:
  void WaitFor(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    stop_.wait_for(lock, time, [&] { return stopped_; });
  }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    stop_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopped_ = false;
};

}  // namespace loadline::examples
