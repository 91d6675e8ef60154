// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "loadline/clock.h"
#include "loadline/control/control_law.h"
#include "loadline/signal.h"

namespace loadline::control {

// What a thread pool saw between two ticks.
struct PoolWindow {
  Clock::Time now;
  Clock::Duration span{};           // > 0.
  int threads = 0;                  // Alive and not retiring.
  int threads_active = 0;           // Running a task, now.
  int threads_active_max = 0;       // In the window.
  int queued = 0;                   // Tasks that wait for a thread, now.
  std::int64_t completed = 0;       // Tasks, in the window.
  Clock::Duration queue_wait_max{}; // Longest that a task started in the window had waited.
  Clock::Duration task_time_sum{};  // From start to end, of `completed`.

  std::optional<Signal> signal;     // Of the pool's threads; nullopt: stale.
  double cpus = 1;
  int limit = 0;                    // Sum of the enforcing limits in front of the pool; 0: none.
  bool limit_binds = false;         // One of them refused work in the window.
};

struct PoolSize {
  int threads = 1;
  Reason reason = Reason::kWarmup;
  Bottleneck bottleneck = Bottleneck::kHealthy;

  friend bool operator==(const PoolSize&, const PoolSize&) = default;
};

// Says how many threads a pool should have.
//
// Square-root staffing on measured work: with S the CPU time and W the waiting of a task, and C the
// CPUs that the process may use, K = C * (1 + W / S) threads keep the CPUs busy and
// T = m * (K + beta * sqrt(K)) absorb the variation. `m` is trimmed by the queue that the kernel
// measures. Threads are never added because a neighbour took the CPU: a thread is a fair-share
// ticket, and more of them would buy the neighbour's share.
//
// Thread safety: none. The owner serializes calls.
class PoolSizer {
 public:
  struct Options {
    int threads_min = 2;       // >= 1.
    int threads_max = 256;     // >= threads_min. Also the memory bound: one stack each.
    int threads_initial = 8;   // In [threads_min, threads_max].
    Clock::Duration deadline = std::chrono::milliseconds{250};  // Of a task; > 0.
    double beta = 1.2;         // In [0, 4]: 0.8 favours utilisation, 2 delay.
  };

  static absl::StatusOr<PoolSizer> Create(const Options& options);

  // Folds in one window, about 100 ms long.
  PoolSize OnTick(const PoolWindow& window);

  PoolSize size() const { return size_; }

 private:
  explicit PoolSizer(const Options& options);

  Options options_;
  PoolSize size_;
};

}  // namespace loadline::control
