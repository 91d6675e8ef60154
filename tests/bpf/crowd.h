// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/bpf/probes_env.h"

namespace loadline::agent {

inline void Spin(Clock::Duration time) {
  for (const Clock::Time start = Now(); Now() - start < time;) {
  }
}

// Threads that sleep, compute, contend and yield, each in a mixture of its own. 500 of them take
// about one CPU.
class Crowd {
 public:
  explicit Crowd(int count) : tids_(static_cast<std::size_t>(count)) {
    for (std::size_t i = 0; i < tids_.size(); ++i) {
      threads_.emplace_back([this, i] { Live(i); });
    }
  }
  ~Crowd() {
    Rest();
    leave_ = true;
    leave_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  // From now on all of them wait, so that what they did can be read. Returns whether they do.
  bool Rest() {
    rest_ = true;
    return Eventually([this] { return resting_ == threads_.size(); });
  }
  // Complete once they rest.
  const std::vector<pid_t>& tids() const { return tids_; }

 private:
  void Live(std::size_t i) {
    using std::chrono_literals::operator""ms;
    using std::chrono_literals::operator""us;
    tids_[i] = ThisThread();
    while (!rest_) {
      switch (i % 5) {
        case 0:
          Sleep(std::chrono::milliseconds{1 + i});
          break;
        case 1:
          Spin(200us);
          Sleep(20ms);
          break;
        case 2: {
          const std::lock_guard lock(mutex_);
          Sleep(500us);
          break;
        }
        case 3:
          std::this_thread::yield();
          Sleep(10ms);
          break;
        default:
          Sleep(100ms);
      }
    }
    ++resting_;
    while (!leave_) {
      leave_.wait(false);
    }
  }

  std::atomic<bool> rest_{false};
  std::atomic<bool> leave_{false};
  std::atomic<std::size_t> resting_{0};
  std::mutex mutex_;
  std::vector<pid_t> tids_;
  std::vector<std::thread> threads_;
};

}  // namespace loadline::agent
