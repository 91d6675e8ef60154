// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "loadline/clock.h"
#include "loadline/control/bottleneck.h"
#include "loadline/control/class_memory.h"

namespace loadline::control {

// What one window says, in the terms of the rules below. Rates are threads by Little's law (seconds
// of waiting per second), the others seconds per request or plain ratios.
struct Evidence {
  Clock::Time now;
  bool stale = false;        // No kernel signal younger than a second.
  bool app_limited = false;  // In flight below half of the limit, nothing rejected.
  bool late = false;         // Almost nothing meets its deadline.
  bool saturated = false;    // Throughput did not follow the limit.
  bool rejecting = false;
  double cpus = 1;             // C: by affinity and quota.
  double cpu_share = 1;        // f: of the CPU time wanted, what we got.
  double throttled_ratio = 0;  // Time held back by the quota, per CPU time.
  double cpu_used = 0;         // CPUs.
  double runq_own = 0;         // N_q: threads waiting behind our own.
  double lock = 0;             // N_l: threads waiting for a lock.
  double service = 0;          // s: CPU time of a request.
  double lock_wait = 0;        // l, of a request.
  double downstream = 0;       // d, of a request.
  double own = 0;              // Part of the residence that is our own queue.
  double knee = 1;             // K: requests in flight that keep the CPUs busy.
  double threads_active = 0;
  double switch_share = 0;  // Part of the CPU that context switches cost.
};

// Names the bottleneck. The first rule that has held for three windows wins, until it has not held
// for five (stale: one and one):
//
//     stale          no fresh signal
//     throttled      quota wait > 5 % of CPU time
//     neighbour      f < 0.9
//     app_limited    in flight < limit / 2, nothing rejected
//     own_cpu        N_q > Q* and CPU used > 0.9 C f
//     lock           N_l > Q* or l > s, and CPU used < 0.9 C f
//     dep_dead       > 90 % late
//     dep_saturated  throughput did not follow the limit
//     dep_slow       d > 1.3 times that of 30 s ago, own < 8 %, nothing rejected
//     threads        active > 2 (K + Q*), or switches cost > 3 % of the CPU
//
// with Q* = 1.2 sqrt(K). Throttled and neighbour step back to a modifier where own_cpu to dep_slow
// holds too and demand is not the limit. The classifier of limits and pool sizes; of pools whose
// process tells nothing of its requests it is KernelClassifier.
class Classifier {
 public:
  Classifier();

  Verdict Add(const Evidence& evidence);

  Verdict verdict() const { return memory_.verdict(); }

 private:
  static constexpr int kSeconds = 32;
  bool Holds(Bottleneck bottleneck, const Evidence& evidence) const;
  void Remember(const Evidence& evidence);
  double DownstreamBefore(Clock::Time now) const;

  ClassMemory memory_;
  struct Second {
    std::int64_t second = -1;
    double sum = 0;
    int windows = 0;
  };
  std::array<Second, kSeconds> downstream_;
};

}  // namespace loadline::control
