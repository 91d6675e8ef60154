// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "absl/synchronization/mutex.h"
#include "tests/bpf/wait_case.h"

namespace loadline::agent {
namespace {

// The other thread holds the lock while this one wants it.
template <typename Mutex>
WaitCase Held(std::string name, WaitReason reason) {
  auto mutex = std::make_shared<Mutex>();
  return {.name = std::move(name),
          .reason = reason,
          .enter = [mutex] { mutex->lock(), mutex->unlock(); },
          .release = [mutex] { mutex->unlock(); },
          .arm = [mutex] { mutex->lock(); }};
}

struct AbslMutex : absl::Mutex {
  void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { Lock(); }
  void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { Unlock(); }
};

// Writers hold it, readers want it.
WaitCase ReadersOfHeld() {
  auto mutex = std::make_shared<std::shared_mutex>();
  return {.name = "shared_mutex_reader",
          .reason = WaitReason::kLock,
          .enter = [mutex] { mutex->lock_shared(), mutex->unlock_shared(); },
          .release = [mutex] { mutex->unlock(); },
          .arm = [mutex] { mutex->lock(); }};
}

WaitCase Condition() {
  struct State {
    std::mutex mutex;
    std::condition_variable condition;
    bool go = false;
  };
  auto state = std::make_shared<State>();
  return {.name = "condition_variable",
          .reason = WaitReason::kCondition,
          .enter =
              [state] {
                std::unique_lock lock(state->mutex);
                state->condition.wait(lock, [&] { return state->go; });
                state->go = false;
              },
          .release =
              [state] {
                {
                  const std::lock_guard lock(state->mutex);
                  state->go = true;
                }
                state->condition.notify_one();
              }};
}

WaitCase AtomicWait() {
  auto word = std::make_shared<std::atomic<int>>(0);
  return {.name = "atomic_wait",
          .reason = WaitReason::kSync,
          .enter =
              [word] {
                word->wait(0);
                *word = 0;
              },
          .release =
              [word] {
                *word = 1;
                word->notify_one();
              }};
}

}  // namespace

std::vector<WaitCase> LockCases() {
  return {Held<std::mutex>("mutex", WaitReason::kLock),
          Held<std::timed_mutex>("timed_mutex", WaitReason::kLock),
          Held<std::shared_mutex>("shared_mutex_writer", WaitReason::kLock),
          ReadersOfHeld(),
          Held<AbslMutex>("absl_mutex", WaitReason::kSync),
          Condition(),
          AtomicWait()};
}

}  // namespace loadline::agent
