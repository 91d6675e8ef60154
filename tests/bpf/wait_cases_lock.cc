// SPDX-License-Identifier: Apache-2.0
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

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

// Readers hold it, a writer wants it: another value of the futex than the other way round.
WaitCase WriterOfRead() {
  auto lock = std::make_shared<pthread_rwlock_t>();
  pthread_rwlock_init(lock.get(), nullptr);
  return {.name = "rwlock_writer_of_read",
          .reason = WaitReason::kLock,
          .enter =
              [lock] {
                pthread_rwlock_wrlock(lock.get());
                pthread_rwlock_unlock(lock.get());
              },
          .release = [lock] { pthread_rwlock_unlock(lock.get()); },
          .arm = [lock] { pthread_rwlock_rdlock(lock.get()); }};
}

struct InheritingMutex {
  InheritingMutex() {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&mutex, &attributes);
  }
  void lock() { pthread_mutex_lock(&mutex); }
  void unlock() { pthread_mutex_unlock(&mutex); }
  pthread_mutex_t mutex;
};

// What a library of another language asks of the kernel, asked directly.
WaitCase Futex(std::string name, WaitReason reason, int op, std::uint32_t while_it_is) {
  auto word = std::make_shared<std::atomic<std::uint32_t>>(while_it_is);
  return {.name = std::move(name),
          .reason = reason,
          .enter =
              [word, op, while_it_is] {
                while (*word == while_it_is) {
                  syscall(SYS_futex, word.get(), op, while_it_is, nullptr, nullptr,
                          FUTEX_BITSET_MATCH_ANY);
                }
              },
          .release =
              [word, while_it_is] {
                *word = while_it_is + 1;
                syscall(SYS_futex, word.get(), FUTEX_WAKE_PRIVATE, 1);
              },
          .arm = [word, while_it_is] { *word = while_it_is; }};
}

WaitCase Semaphore() {
  auto semaphore = std::make_shared<sem_t>();
  sem_init(semaphore.get(), 0, 0);
  return {.name = "semaphore",
          .reason = WaitReason::kCondition,
          .enter = [semaphore] { sem_wait(semaphore.get()); },
          .release = [semaphore] { sem_post(semaphore.get()); }};
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
          Held<std::shared_mutex>("shared_mutex_writer", WaitReason::kLock), ReadersOfHeld(),
          WriterOfRead(), Held<InheritingMutex>("inheriting_mutex", WaitReason::kLock),
          Futex("rust_mutex", WaitReason::kLock, FUTEX_WAIT_BITSET_PRIVATE, 2),
          // The same call and value as other libraries use for what is not a lock.
          Held<AbslMutex>("absl_mutex", WaitReason::kSync),
          Futex("rust_parking", WaitReason::kSync, FUTEX_WAIT_PRIVATE, 0),
          Futex("rust_parking_lot", WaitReason::kSync, FUTEX_WAIT_PRIVATE, 1),
          Futex("rust_thread_park", WaitReason::kSync, FUTEX_WAIT_BITSET_PRIVATE, 0xffffffff),
          AtomicWait(), Condition(), Semaphore()};
}

}  // namespace loadline::agent
