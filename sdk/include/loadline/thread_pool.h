// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "loadline/address_range.h"
#include "loadline/clock.h"
#include "loadline/thread_pool_options.h"
#include "loadline/thread_pool_stats.h"
#include "loadline/tick.h"

namespace loadline {

// What Submit() answers.
enum class Submitted : std::uint8_t {
  kAccepted,
  kQueueFull,  // Ordinary under overload: refuse the work, now, to whoever sent it.
  kShutdown,   // Or this process is a child, by fork(), of the one that has the pool.
};

// What happens to queued tasks at shutdown. Running tasks are always waited for.
enum class Drain : std::uint8_t { kFinishQueued, kDropQueued };

struct TaskOptions {
  // The task is dropped if no worker took it within this time; > 0. Instead of
  // ThreadPoolOptions::queue_deadline.
  std::optional<Clock::Duration> queue_deadline{};

  // Called once instead of the task if it is dropped: too late, or the pool shut down. Runs on a
  // worker, or on the thread that calls Submit(), Tick() or Shutdown(), without a lock; short.
  absl::AnyInvocable<void()> on_dropped{};
};

// Runs tasks on threads of its own, as many as the work can use.
//
//     auto pool = loadline::ThreadPool::Create({.name = "db", .threads_max = 256});
//     if ((*pool)->Submit([request] { Handle(request); }) != loadline::Submitted::kAccepted) {
//       return Refuse(503);
//     }
//
// Sizing. With Sizing::kAuto each Tick() lets control::PoolSizer choose the size: attach the pool
// to a ControlThread. The size never becomes the hidden limiter: if no task started or ended
// between two ticks while some were queued, the pool grows by a quarter whatever the sizer says,
// and one spare worker is kept until those that hang come back.
//
// Resizing never waits for a task. Growing wakes parked workers first and starts threads for the
// rest. Shrinking is a debt: workers park when they next have no task, none is interrupted, so
// threads() can exceed the target for as long as tasks take. A worker parked for a minute ends.
// One worker at least always stays.
//
// Nested work. A task that waits for other tasks of the same pool can deadlock it. Say so with a
// BlockingScope: the pool runs one more worker for as long as the scope lives, up to threads_max.
// Unannounced waiting is caught by the growth above, 100 ms late and up to threads_max only.
//
// Threads are named "<name>-<n>". Without work they wait on one condition variable, whose address
// the agent is told: that is how waiting for work is known from waiting for a lock.
//
// After fork() the pool and its threads are the parent's: in the child Submit() answers kShutdown,
// the other members do nothing, and the destructor leaves all as it is. Make another one there.
//
// Thread safety: any member from any thread, tasks included, but for Shutdown() and the destructor:
// they wait for running tasks, so a task must not call them. No lock is held while a task runs.
//
// Errors: none after Create(). Where no thread can be started the pool goes on with those it has
// and counts it. An exception that leaves a task ends the process, as with std::thread.
class ThreadPool {
 public:
  class BlockingScope;
  using Task = absl::AnyInvocable<void()>;

  // kInvalidArgument names the option, its value and the rule; kResourceExhausted: not one thread
  // could be started.
  static absl::StatusOr<std::unique_ptr<ThreadPool>> Create(const ThreadPoolOptions& options);

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();  // Shutdown(Drain::kDropQueued).

  // Queues a task. Never waits for room or for a worker. A task that is not accepted is destroyed
  // and its on_dropped is not called.
  [[nodiscard]] Submitted Submit(Task task, TaskOptions options = {});

  // Wants `threads` workers, clamped to [threads_min, threads_max]; answers at once. With kAuto the
  // next Tick() chooses anew.
  void Resize(int threads);

  // Closes a window: drops what is overdue, ends threads parked for long, sizes the pool.
  void Tick(const PoolTick& tick);

  // Takes no more tasks, and returns when all threads have ended. Later calls do nothing.
  void Shutdown(Drain drain);

  const std::string& name() const noexcept;
  ThreadPoolStats Stats() const;

  // Kernel ids of the threads alive, parked ones included, and a number that changes with them.
  std::vector<pid_t> tids() const;
  std::uint64_t tids_version() const noexcept;

  // Workers that wait for a futex in here are idle.
  AddressRange idle_addresses() const noexcept;

 private:
  class Impl;
  explicit ThreadPool(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// Announces that a task is about to wait for other tasks of `pool`.
//
//     loadline::ThreadPool::BlockingScope waiting(pool);
//     result.wait();
//
// Lifetime: `pool` must outlive it.
class [[nodiscard]] ThreadPool::BlockingScope {
 public:
  explicit BlockingScope(ThreadPool& pool);
  ~BlockingScope();
  BlockingScope(const BlockingScope&) = delete;
  BlockingScope& operator=(const BlockingScope&) = delete;

 private:
  ThreadPool& pool_;
};

}  // namespace loadline
