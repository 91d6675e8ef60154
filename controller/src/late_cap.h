// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hung_tests.h"
#include "lateness.h"
#include "law_limits.h"
#include "loadline/control/kernel_options.h"
#include "outflow.h"
#include "throughput_probe.h"

namespace loadline::control {

// What to do while almost nothing meets its deadline: go down to what can be answered in time. If
// our own queue is to blame, the limit goes there; else the throughput probe starts from there,
// downward, as a dependency may be full. If requests hang, tests go past them.
class LateCap {
 public:
  explicit LateCap(const KernelOptions& options)
      : options_(options),
        lateness_(options),
        tests_(options),
        good_limit_(options.limit_initial) {}

  // Call with every tick, which `outflow` knows already. `cpu_share` is f.
  void Add(const Window& tick, const Outflow& outflow, double cpu_share, ThroughputProbe& probe,
           Limits& limits);

  // Call with every closed window that Judgeable() accepts.
  void Add(const Observed& seen, const Outflow& outflow, ThroughputProbe& probe, Limits& limits);

  // False: its residences are those of a hang.
  bool Judgeable(const Observed& seen) const;

  bool late() const { return lateness_.late(); }
  bool hung() const { return tests_.on(); }
  // Late, or about to be.
  bool turning() const { return lateness_.late() || lateness_.turned_late() > 0; }
  // A dependency answers almost nothing in time: it is not our own queue.
  bool dead() const;
  double rate_good() const { return lateness_.rate_good(); }  // Per second, while all was well.

  // The limit to announce: for a law's limit `lim` that does not count what hangs.
  double Announced(double lim) const { return tests_.Limit(lim); }

 private:
  void Cap(double rate, double answerable, ThroughputProbe& probe, Limits& limits) const;

  KernelOptions options_;
  Lateness lateness_;
  HungTests tests_;
  double good_limit_;       // L_good: in use while nothing was late.
  double full_rate_ = 0;    // Of a dependency that is full; 0: it is slow, or hangs.
  double before_ = 0;       // The limit to return to when what hangs answers again.
  double queue_share_ = 0;  // Of what is in flight, what queues for us, in the last tick.
};

}  // namespace loadline::control
