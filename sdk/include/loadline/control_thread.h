// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "loadline/clock.h"
#include "loadline/limiter.h"
#include "loadline/signal_source.h"
#include "loadline/steady_clock.h"
#include "loadline/thread_pool.h"
#include "loadline/wait_ledger.h"

namespace loadline {

class ControlLoop;

// While it lives, a pool or limiter is ticked. Its destructor returns when no tick uses it.
//
// Thread safety: one thread at a time. Lifetime: end it before the ControlThread, and before the
// pool or limiter; declared after both, that is so by itself.
class [[nodiscard]] Attachment {
 public:
  Attachment(Attachment&& other) noexcept;
  Attachment& operator=(Attachment&& other) noexcept;
  ~Attachment();

 private:
  friend class ControlThread;
  Attachment(ControlLoop* loop, ThreadPool* pool, Limiter* limiter) noexcept
      : loop_(loop), pool_(pool), limiter_(limiter) {}
  void End() noexcept;

  ControlLoop* loop_;  // Null once moved from.
  ThreadPool* pool_;   // One of the two.
  Limiter* limiter_;
};

struct ControlThreadOptions {
  // A better source than the process's own, such as an AgentClient; null: none. Must outlive the
  // thread, which tells it of every pool and limiter attached.
  SignalSource* stream = nullptr;

  // Better still, where the agent gives one: &WaitLedger::Process(). Null: no ledger, and this
  // process does not ask for one. Must outlive the thread, which polls it.
  WaitLedger* ledger = nullptr;

  const Clock* clock = &SteadyClock::Get();
};

// One thread that ticks all limiters and pools of a process ten times a second, each with the best
// kernel signal to be had: the process's ledger, else the agent's stream, else its own /proc, else
// none.
//
//     auto control = *loadline::ControlThread::Start(
//         {.stream = client.get(), .ledger = &loadline::WaitLedger::Process()});
//     const loadline::Attachment pool_attached = control->Attach(*pool);
//     const loadline::Attachment limiter_attached = control->Attach(*limiter);
//
// After fork() it is the parent's, with what is attached: the child may destroy them, and nothing
// else, and starts its own.
//
// One per process is enough. Names of pools must differ, and so must those of limiters.
//
// The price: without an agent, about 3 us per pool thread and tick (`bench-gate`).
//
// Thread safety: any. Attach and detach at any time, but not from a task's on_dropped.
//
// Errors: none after Start(): a source that fails means a lower step of the ladder.
class ControlThread {
 public:
  // kResourceExhausted: the thread could not be started.
  static absl::StatusOr<std::unique_ptr<ControlThread>> Start(
      const ControlThreadOptions& options = {});

  ControlThread(const ControlThread&) = delete;
  ControlThread& operator=(const ControlThread&) = delete;
  ~ControlThread();

  Attachment Attach(ThreadPool& pool);
  Attachment Attach(Limiter& limiter);

 private:
  class Impl;
  explicit ControlThread(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace loadline
