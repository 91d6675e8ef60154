// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/lock_cases.h"

#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include <string>
#include <thread>
#include <utility>

namespace loadline::agent {
namespace {

template <typename T>
T* Shared() {
  void* memory =
      mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : new (memory) T();
}

void Check(int error) {
  if (error != 0) {
    std::abort();
  }
}

timespec FarAway() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_sec += 3600;
  return time;
}

struct MutexKind {
  int type = PTHREAD_MUTEX_NORMAL;
  int protocol = PTHREAD_PRIO_NONE;
  int robust = PTHREAD_MUTEX_STALLED;
  int shared = PTHREAD_PROCESS_PRIVATE;
  bool timed = false;
};

LockCase Mutex(std::string name, const MutexKind& kind, bool across = false) {
  auto* mutex = Shared<pthread_mutex_t>();
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  Check(pthread_mutexattr_settype(&attributes, kind.type));
  Check(pthread_mutexattr_setprotocol(&attributes, kind.protocol));
  Check(pthread_mutexattr_setrobust(&attributes, kind.robust));
  Check(pthread_mutexattr_setpshared(&attributes, kind.shared));
  Check(pthread_mutex_init(mutex, &attributes));
  return {.name = std::move(name),
          .tells = true,
          .across = across,
          .take = [mutex] { Check(pthread_mutex_lock(mutex)); },
          .give = [mutex] { Check(pthread_mutex_unlock(mutex)); },
          .want =
              [mutex, timed = kind.timed] {
                const timespec until = FarAway();
                Check(timed ? pthread_mutex_timedlock(mutex, &until) : pthread_mutex_lock(mutex));
                Check(pthread_mutex_unlock(mutex));
              },
          .object = mutex,
          .size = sizeof(*mutex)};
}

enum class Wants { kRead, kReadTimed, kWrite };

LockCase RwLock(std::string name, Wants wants, bool taken_to_read, bool across = false) {
  auto* lock = Shared<pthread_rwlock_t>();
  pthread_rwlockattr_t attributes;
  pthread_rwlockattr_init(&attributes);
  Check(pthread_rwlockattr_setpshared(&attributes,
                                      across ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE));
  Check(pthread_rwlock_init(lock, &attributes));
  return {.name = std::move(name),
          .tells = !taken_to_read,
          .across = across,
          .take =
              [lock, taken_to_read] {
                Check(taken_to_read ? pthread_rwlock_rdlock(lock) : pthread_rwlock_wrlock(lock));
              },
          .give = [lock] { Check(pthread_rwlock_unlock(lock)); },
          .want =
              [lock, wants] {
                const timespec until = FarAway();
                Check(wants == Wants::kWrite       ? pthread_rwlock_wrlock(lock)
                      : wants == Wants::kReadTimed ? pthread_rwlock_timedrdlock(lock, &until)
                                                   : pthread_rwlock_rdlock(lock));
                Check(pthread_rwlock_unlock(lock));
              },
          .object = lock,
          .size = sizeof(*lock)};
}

// Those who wait for a condition with it count among its users.
LockCase MutexOfCondition() {
  struct State {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    std::atomic<int> waiting{0};
  };
  auto* state = Shared<State>();
  constexpr int kWaiting = 3;
  for (int i = 0; i < kWaiting; ++i) {
    std::thread([state] {
      Check(pthread_mutex_lock(&state->mutex));
      ++state->waiting;
      for (;;) {
        pthread_cond_wait(&state->condition, &state->mutex);
      }
    }).detach();
  }
  while (state->waiting < kWaiting) {
    std::this_thread::yield();
  }
  return {.name = "mutex_of_condition",
          .tells = true,
          .take = [state] { Check(pthread_mutex_lock(&state->mutex)); },
          .give = [state] { Check(pthread_mutex_unlock(&state->mutex)); },
          .want =
              [state] {
                Check(pthread_mutex_lock(&state->mutex));
                Check(pthread_mutex_unlock(&state->mutex));
              },
          .object = &state->mutex,
          .size = sizeof(state->mutex)};
}

constexpr std::size_t kWords = 16;

// A word of a program's own: 2 is taken, as in Rust's mutexes, a latch of two, an atomic wait.
LockCase Word(std::string name, int op, bool timed, std::uint32_t taken,
              std::initializer_list<std::uint32_t> after) {
  using Words = std::atomic<std::uint32_t>[kWords];
  struct State {
    Words words{};
  };
  auto* state = Shared<State>();
  auto* word = &state->words[4];  // With words before it, as an rwlock has.
  for (std::size_t i = 0; i < kWords; ++i) {
    state->words[i] = taken;
  }
  std::size_t at = 5;
  for (const std::uint32_t value : after) {
    state->words[at++] = value;
  }
  *word = 0;
  return {.name = std::move(name),
          .take = [word, taken] { *word = taken; },
          .give =
              [word] {
                *word = 0;
                syscall(SYS_futex, word, FUTEX_WAKE, 1);
                syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
              },
          .want =
              [word, op, timed, taken] {
                timespec until = FarAway();
                if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT) {
                  until.tv_sec = 3600;
                }
                while (*word == taken) {
                  syscall(SYS_futex, word, op, taken, timed ? &until : nullptr, nullptr,
                          FUTEX_BITSET_MATCH_ANY);
                }
              },
          .object = state,
          .size = sizeof(*state)};
}

LockCase Condition() {
  struct State {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    bool taken = false;
  };
  auto* state = Shared<State>();
  return {.name = "condition_variable",
          .take =
              [state] {
                pthread_mutex_lock(&state->mutex);
                state->taken = true;
                pthread_mutex_unlock(&state->mutex);
              },
          .give =
              [state] {
                pthread_mutex_lock(&state->mutex);
                state->taken = false;
                pthread_cond_broadcast(&state->condition);
                pthread_mutex_unlock(&state->mutex);
              },
          .want =
              [state] {
                pthread_mutex_lock(&state->mutex);
                while (state->taken) {
                  pthread_cond_wait(&state->condition, &state->mutex);
                }
                pthread_mutex_unlock(&state->mutex);
              },
          .object = &state->condition,
          .size = sizeof(state->condition)};
}

LockCase Semaphore() {
  auto* semaphore = Shared<sem_t>();
  sem_init(semaphore, 0, 1);
  return {.name = "semaphore",
          .take = [semaphore] { sem_wait(semaphore); },
          .give = [semaphore] { sem_post(semaphore); },
          .want =
              [semaphore] {
                sem_wait(semaphore);
                sem_post(semaphore);
              },
          .object = semaphore,
          .size = sizeof(*semaphore)};
}

// Its lock is of glibc, but has the holder's descriptor in it, no tid.
LockCase Stream() {
  FILE* file = std::fopen("/dev/null", "w");
  return {.name = "stdio_stream",
          .take = [file] { flockfile(file); },
          .give = [file] { funlockfile(file); },
          .want =
              [file] {
                flockfile(file);
                funlockfile(file);
              },
          .object = file,
          .size = sizeof(*file) + 64};
}

}  // namespace

std::vector<LockCase> LockCasesOfGlibc() {
  constexpr int kShared = PTHREAD_PROCESS_SHARED;
  constexpr int kRobust = PTHREAD_MUTEX_ROBUST;
  constexpr int kRecursive = PTHREAD_MUTEX_RECURSIVE;
  constexpr int kInherit = PTHREAD_PRIO_INHERIT;
  return {
      Mutex("plain", {}),
      Mutex("plain_timed", {.timed = true}),
      Mutex("recursive", {.type = kRecursive}),
      Mutex("errorcheck", {.type = PTHREAD_MUTEX_ERRORCHECK}),
      Mutex("adaptive", {.type = PTHREAD_MUTEX_ADAPTIVE_NP}),
      Mutex("shared", {.shared = kShared}),
      Mutex("shared_recursive", {.type = kRecursive, .shared = kShared}),
      Mutex("shared_across", {.shared = kShared}, true),
      Mutex("inheriting", {.protocol = kInherit}),
      Mutex("inheriting_timed", {.protocol = kInherit, .timed = true}),
      Mutex("inheriting_recursive", {.type = kRecursive, .protocol = kInherit}),
      Mutex("inheriting_across", {.protocol = kInherit, .shared = kShared}, true),
      Mutex("robust", {.robust = kRobust}),
      Mutex("robust_timed", {.robust = kRobust, .timed = true}),
      Mutex("robust_recursive", {.type = kRecursive, .robust = kRobust}),
      Mutex("robust_across", {.robust = kRobust, .shared = kShared}, true),
      Mutex("robust_inheriting", {.protocol = kInherit, .robust = kRobust}),
      RwLock("rwlock_reader", Wants::kRead, false),
      RwLock("rwlock_reader_timed", Wants::kReadTimed, false),
      RwLock("rwlock_writer", Wants::kWrite, false),
      RwLock("rwlock_reader_across", Wants::kRead, false, true),
      RwLock("rwlock_writer_across", Wants::kWrite, false, true),
      MutexOfCondition(),
  };
}

std::vector<LockCase> WordsThatTellNobody(int tid) {
  const auto live = static_cast<std::uint32_t>(tid);
  constexpr int kWait = FUTEX_WAIT_PRIVATE;
  constexpr int kBitset = FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME;
  return {
      RwLock("rwlock_writer_of_read", Wants::kWrite, true),
      Condition(),
      Semaphore(),
      Stream(),
      // A latch, an atomic, a lock of another language: what comes after it is anything.
      Word("two", kWait, false, 2, {0, 0, 0, 0, 0, 0, 0, 0}),
      Word("two_before_a_tid", kWait, false, 2, {0, live, 0, 0, 0, 0, 0, 0}),
      Word("two_before_tids", kWait, false, 2, {live, live, live, live, live, live, live, live}),
      Word("two_before_counts", kWait, false, 2, {1, live, 1, 1, 1, 1, 1, 1}),
      Word("two_before_numbers", kWait, false, 2, {0, live, 5, 16, 0, 0, 0, 0}),
      Word("two_before_pointers", kWait, false, 2, {0, live, 0x7f01, live, 0x7f01, live, 0x7f01}),
      Word("two_shared", FUTEX_WAIT, false, 2, {0, live, 1, 0, 0, 0, 0, 0}),
      Word("two_bitset", kBitset, false, 2, {0, live, 1, 0, 0, 0, 0, 0}),
      Word("two_bitset_timed", kBitset, true, 2, {0, live, 0, 0, 0, 0, 0, 0}),
      Word("three", kWait, false, 3, {0, live, 1, 0, 0, 0, 0, 0}),
      Word("three_bitset", kBitset, false, 3, {live, live, live, live, live, live, live, live}),
      Word("three_bitset_zeros", kBitset, false, 3, {0, 0, 0, live, live, 0, 0, 0}),
      Word("one", kWait, false, 1, {0, live, 1, 0, 0, 0, 0, 0}),
      Word("tid_shared", FUTEX_WAIT, false, FUTEX_WAITERS | live, {0, live, 1, 0, 0, 0, 0, 0}),
      Word("tid_private", kWait, false, FUTEX_WAITERS | live, {0, live, 1, 16, 0, 1, 1, 0}),
      Word("busy_of_musl", kWait, false, FUTEX_WAITERS | 16, {1, 0, 0, 0, 0, 0, 0, 0}),
  };
}

}  // namespace loadline::agent
