// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "loadline/clock.h"
#include "loadline/control/classifier.h"
#include "loadline/control/control_law.h"
#include "loadline/control/lock_search.h"
#include "loadline/control/pool_sizer_options.h"
#include "loadline/signal.h"

namespace loadline::control {

// What a thread pool saw between two ticks.
struct PoolWindow {
  Clock::Time now;
  Clock::Duration span{};            // > 0.
  int threads = 0;                   // Alive and not retiring.
  int threads_active = 0;            // Running a task, now.
  int threads_active_max = 0;        // In the window.
  int queued = 0;                    // Tasks that wait for a thread, now.
  std::int64_t completed = 0;        // Tasks, in the window.
  Clock::Duration queue_wait_max{};  // Longest that a task started in the window had waited.
  Clock::Duration task_time_sum{};   // From start to end, of `completed`.

  std::optional<Signal> signal;  // Of the pool's threads; nullopt: stale.
  double cpus = 1;
  int limit = 0;             // Sum of the enforcing limits in front of the pool; 0: none.
  bool limit_binds = false;  // One of them refused work in the window.
};

struct PoolSize {
  int threads = 1;
  Reason reason = Reason::kWarmup;
  Bottleneck bottleneck = Bottleneck::kHealthy;

  friend bool operator==(const PoolSize&, const PoolSize&) = default;
};

// Says how many threads a pool should have.
//
// Square-root staffing on measured work: with S the CPU time and W the waiting of a task, f the
// part of its CPUs that the process gets and C those that it may use, K = C f (1 + W / S) threads
// keep the CPUs busy and m * (K + beta * sqrt(K)) absorb the variation. `m` is trimmed by the queue
// that the kernel measures. W does not count idle workers, and lock waits only where no lock is the
// bottleneck: more threads would only wait for it too.
//
//     limit       at least limit + beta sqrt(limit) threads: the pool is never the hidden limiter
//     starving    all threads run a task, tasks are queued, the CPUs are not contended, and
//     switching
//                 threads takes less than 3 % of them: 25 % more per 100 ms. Judged on ticks, so
//                 that a pool whose workers all block grows too
//     pressed     tasks are queued or all threads were in use: towards m * (K + beta * sqrt(K))
//     lock        a lock is the bottleneck, and no limit in front keeps the queue short: down to
//                 the least size that does as much (LockSearch)
//     unused      towards what the last minute's peak needs, at most 5 % per second; ten times more
//                 slowly behind an enforcing limit, so that the two actuators do not fight
//
// Threads are never added because a neighbour or the quota took the CPU: a thread is a fair-share
// ticket, and more of them would buy the neighbour's share.
//
// Without a signal neither S nor W is known. The pool then grows by 25 % while it starves, and
// waits 350 ms for throughput to follow by 5 %. If it does not, the CPU may be full: it tries again
// after 2 s, 4 s, and so on up to a minute. A pool that hangs, at less than half the throughput,
// grows at once.
//
// The price: W is held while threads_active climbs or the limit binds, so a dependency that slows
// down under load moves the size late; starvation covers it.
//
// Thread safety: none. The owner serializes calls.
class PoolSizer {
 public:
  using Options = PoolSizerOptions;

  static absl::StatusOr<PoolSizer> Create(const Options& options);

  // Folds in one window, about 100 ms long. Whatever it holds, the size stays within the bounds.
  PoolSize OnTick(const PoolWindow& window);

  PoolSize size() const { return size_; }
  double knee() const { return knee_; }  // K; 0 while not known.

 private:
  struct Tick;  // One window in seconds and rates.

  explicit PoolSizer(const Options& options);

  void Measure(const Tick& tick);
  void Trim(const Tick& tick);
  bool MayStarveGrow(const Tick& tick);
  double Staffing() const;
  double Need(double busy) const;
  double MostOfUse(const Tick& tick);
  Verdict Classify(const Tick& tick);
  Reason ReasonOf(const Tick& tick, double wanted) const;

  Options options_;
  PoolSize size_;
  Classifier classifier_;
  LockSearch lock_search_;
  double threads_ = 0;          // The size, with its fraction.
  double trim_ = 1;             // m.
  double service_ = 0;          // S; 0: not known yet.
  double wait_ratio_ = 0;       // W / S.
  double share_ = 1;            // f, of all that others and the quota took.
  double neighbour_share_ = 1;  // f without the quota, which C knows.
  double knee_ = 0;             // K.
  double active_slow_ = 0;      // threads_active, over two residences.
  double residence_ = 0.1;      // Of a task.
  double peak_ = 0;             // Of threads in use, halved every 30 s.
  double rate_ = 0;             // Completions per second, over about 200 ms.
  // Growth without a signal: where this step began, how long it has settled, and the pause.
  double anchor_threads_ = 0, anchor_rate_ = 0, settled_ = 0, growth_blocked_ = 0;
  double pause_ = 0;
};

}  // namespace loadline::control
