// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "loadline/sim/scenario.h"
#include "request.h"
#include "thread_ledger.h"

namespace loadline::sim {

// Gives tasks a thread, or makes them wait for one. Without a size each task has its own thread.
//
// A shrink is a debt that workers pay when they next have no task; a worker that waits for a task
// of its own pool is replaced by one more for as long, up to threads_max. Both as in the SDK.
class ThreadPool {
 public:
  ThreadPool(const Pool& pool, Requests& requests, ThreadLedger& ledger)
      : pool_(pool), requests_(requests), ledger_(ledger), target_(pool.threads) {
    if (bounded()) {
      ledger_.Add(Doing::kIdle, target_, 0);
      alive_ = target_;
    }
  }

  bool bounded() const { return pool_.threads > 0; }
  int threads() const { return bounded() ? target_ : active_; }
  int active() const { return active_; }
  int queued() const { return queue_.size(); }

  enum class Given : std::uint8_t { kThread, kQueued, kRefused };

  // kThread: a thread that the ledger counts as idle is now the task's.
  Given Take(std::uint32_t request, Ns now) {
    if (!bounded()) {
      ledger_.Add(Doing::kIdle, 1, now);
    } else if (active_ >= alive_) {
      if (pool_.queue_max > 0 && queue_.size() >= pool_.queue_max) {
        return Given::kRefused;
      }
      queue_.Push(requests_, request);
      return Given::kQueued;
    }
    Activate();
    return Given::kThread;
  }

  // A task's thread, which the ledger counts as idle again, is free. The task that gets it: kNone,
  // if none waits.
  std::uint32_t GiveBack(Ns now) {
    --active_;
    if (!bounded()) {
      ledger_.Add(Doing::kIdle, -1, now);
      return kNone;
    }
    return Next(now);
  }

  // The queued task that can start now, or kNone. Ask again until kNone.
  std::uint32_t Next(Ns now) {
    Settle(now);
    if (queue_.empty() || active_ >= alive_) {
      return kNone;
    }
    Activate();
    return queue_.Pop(requests_);
  }

  void Resize(int threads) { target_ = std::max(1, threads); }
  void WaitsForOwnTask(int change) { waiting_ += change; }

  int TakeActiveMax() {
    const int most = active_max_;
    active_max_ = active_;
    return most;
  }

 private:
  void Activate() {
    ++active_;
    active_max_ = std::max(active_max_, active_);
  }

  // Starts the threads that are missing, and ends idle ones that are too many.
  void Settle(Ns now) {
    const int wanted = std::min(target_ + waiting_, std::max(pool_.threads_max, target_));
    const int alive = std::max(wanted, active_);
    ledger_.Add(Doing::kIdle, alive - alive_, now);
    alive_ = alive;
  }

  const Pool& pool_;
  Requests& requests_;
  ThreadLedger& ledger_;
  RequestFifo queue_;
  int target_;
  int alive_ = 0;
  int active_ = 0;
  int active_max_ = 0;
  int waiting_ = 0;
};

}  // namespace loadline::sim
