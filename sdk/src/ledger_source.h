// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loadline/clock.h"
#include "loadline/detail/mutex.h"
#include "loadline/signal_source.h"
#include "loadline/thread_pool.h"
#include "loadline/wait_ledger.h"

namespace loadline {

// The first step of the ladder: pools as the kernel counts them, read from shared memory.
//
//     on CPU, run queue, blocked   exact, with reasons; open waits included
//     idle                         what the kernel was told of by a session with the agent; else
//     the
//                                  time in which the pool's workers were without a task, taken from
//                                  condition and sync, where such waits are
//
// A pool of which a thread is not in the ledger has no answer: the next step has it.
//
// The price: about 20 ns per slot and tick, no system call.
//
// Thread safety: as SignalSource.
class LedgerSource final : public SignalSource {
 public:
  // `ledger` must outlive the source; somebody else polls it.
  explicit LedgerSource(const WaitLedger& ledger) : ledger_(ledger) {}

  SignalStep step() const override { return SignalStep::kLedger; }
  std::optional<Signal> Read(std::string_view pool, Clock::Time now) override;
  void AddPool(ThreadPool& pool) override;
  void RemovePool(ThreadPool& pool) override;

 private:
  using Thread = WaitLedger::Thread;
  struct Reading {
    Clock::Time at;
    std::map<pid_t, Thread> threads;
    Clock::Duration busy{};  // Inside tasks.
  };
  struct Watched {
    ThreadPool* pool;
    std::optional<Reading> last{};
  };

  std::optional<Reading> ReadNow(const ThreadPool& pool, Clock::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static Signal Difference(const Reading& before, const Reading& after);

  const WaitLedger& ledger_;
  detail::Mutex mutex_;
  std::vector<Watched> pools_ ABSL_GUARDED_BY(mutex_);
  std::optional<Clock::Time> scanned_at_ ABSL_GUARDED_BY(mutex_);  // One scan serves all pools.
  std::map<pid_t, Thread> scanned_ ABSL_GUARDED_BY(mutex_);
  std::vector<Thread> scratch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loadline
