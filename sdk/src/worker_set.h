// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "loadline/address_range.h"
#include "loadline/clock.h"
#include "loadline/detail/mutex.h"
#include "loadline/thread_pool.h"
#include "sdk/src/task_queue.h"
#include "sdk/src/thread_identity.h"

namespace loadline {

// The threads of a ThreadPool and the queue that they take from: how many there are, what each one
// does, how it starts, parks and ends. How many there should be is decided elsewhere.
//
// Three locks. `mutex_` guards queue and counts, for moments. `spawn_mutex_` serializes the
// starting of threads and the joining of those that have left their loop, and is taken before it.
// Tasks take both, when they resize or tick; so Shutdown(), which waits for tasks, holds neither
// meanwhile, but `shutdown_mutex_`, which comes first and which no task takes.
class WorkerSet {
 public:
  explicit WorkerSet(const ThreadPoolOptions& options);
  ~WorkerSet() { Shutdown(Drain::kDropQueued); }

  Submitted Submit(ThreadPool::Task task, TaskOptions options);
  void SetTarget(int threads);
  void AddBlocked(int difference);  // Of workers that wait for others of this pool.
  void Shutdown(Drain drain);

  // Drops what is overdue, ends what was parked for long, joins what has ended.
  void Sweep(Clock::Time now);

  // Most tasks at once, and the longest queue wait of a started task, since the call before.
  struct Peaks {
    int active_max = 0;
    Clock::Duration queue_wait_max{};
  };
  Peaks TakePeaks();

  ThreadPoolStats Stats() const;  // All but target and signal.
  std::vector<pid_t> tids() const;
  std::uint64_t tids_version() const { return tids_version_.load(std::memory_order_relaxed); }
  AddressRange idle_addresses() const;

 private:
  enum class State : std::uint8_t { kReady, kParked, kEnding, kGone };
  struct Worker {
    int number = 0;
    State state = State::kReady;
    pid_t tid = 0;  // 0: not started yet, or gone.
    bool active = false;
    Clock::Time since;   // Of the task, or of parking.
    std::thread thread;  // Guarded by spawn_mutex_; once stopping_, joined by Shutdown() alone.
  };
  // Side by side, so that one range holds the futexes of both.
  struct IdleConditions {
    detail::CondVar work;
    detail::CondVar parked;
  };

  void Run(Worker& self);
  bool AwaitWork(Worker& self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunOne(Worker& self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Park(Worker& self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int Wanted() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayStart() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Adjust() ABSL_LOCKS_EXCLUDED(mutex_, spawn_mutex_);
  int Unpark(int workers) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Worker& AddWorker() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Spawn(int workers) ABSL_EXCLUSIVE_LOCKS_REQUIRED(spawn_mutex_);
  void Reap() ABSL_EXCLUSIVE_LOCKS_REQUIRED(spawn_mutex_);
  std::thread* NextToJoin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shutdown_mutex_)
      ABSL_LOCKS_EXCLUDED(mutex_, spawn_mutex_);
  std::vector<QueuedTask> TakeExpired(Clock::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ThreadPoolOptions options_;
  const Clock& clock_;
  const sigset_t signals_blocked_ = BlockedSignals();  // Of whoever creates the pool.

  detail::Mutex shutdown_mutex_ ABSL_ACQUIRED_BEFORE(spawn_mutex_);
  detail::Mutex spawn_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable detail::Mutex mutex_;
  IdleConditions idle_;
  TaskQueue queue_ ABSL_GUARDED_BY(mutex_);
  std::list<Worker> workers_ ABSL_GUARDED_BY(mutex_);
  std::vector<Worker*> parked_ ABSL_GUARDED_BY(mutex_);  // Longest first.
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int target_ ABSL_GUARDED_BY(mutex_) = 0;
  int blocked_ ABSL_GUARDED_BY(mutex_) = 0;         // BlockingScopes alive.
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;         // Workers on idle_.work.
  ThreadPoolStats counts_ ABSL_GUARDED_BY(mutex_);  // busy_total: of completed tasks.
  Peaks peaks_ ABSL_GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> tids_version_{0};
};

}  // namespace loadline
