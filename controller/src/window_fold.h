// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "loadline/control/control_law.h"
#include "loadline/signal.h"

namespace loadline::control {

// What the kernel counted, as rates: seconds of thread time per second. By Little's law each is the
// mean number of threads in that state.
struct SignalRates {
  double cpu = 0;
  double runq_self = 0;   // With the share of the unattributed that is our own.
  double runq_other = 0;  // Neighbours, and what was never attributed.
  double throttled = 0;
  double lock = 0;
  double network = 0;
  double waiting = 0;  // All reasons but lock, idle and stopped: W.
  double threads = 0;
  double switches = 0;  // Per second.
};

// The rates of one Signal. `cpus` is what the process may use.
//
// Where nobody attributed run-queue time (own /proc schedstat), the share of the CPUs that we used
// ourselves is taken for the share of the wait that was behind our own threads.
SignalRates RatesOf(const Signal& signal, double cpus);

// CPUs that a process may use, as a number that no arithmetic here can break.
inline double BoundedCpus(double cpus) { return cpus > 0.05 ? std::min(cpus, 1e5) : 0.05; }

// Part of the CPU time that could be had while threads of ours were queued: 1 with no neighbour and
// no quota. In [0.05, 1].
//
// With a long queue the share of the wait that was behind ourselves tells it; with a short one, our
// CPU time against the wait behind others. Each is a lower bound: the larger one counts.
double CpuShare(const SignalRates& rates);

// The same, of what neighbours alone leave: for C f, where C already knows the quota.
double NeighbourShare(const SignalRates& rates);

// A closed window: enough completions to judge by. Seconds throughout.
struct Observed {
  Clock::Time now;
  double span = 0;
  double n = 0;          // Completions.
  double rate = 0;       // X: completions per second.
  double residence = 0;  // R: from admission to completion, mean.
  double in_flight = 0;  // Now.
  double in_flight_max = 0;
  double pending_late = 0;  // Now: in flight past their deadline.
  double deadline = 0;
  double arrivals = 0;  // Per second.
  double dropped = 0;
  double cpus = 1;
  double request_rate = 0;  // Of the pool that `rates` are about.
  bool rejected = false;
  bool pressed = false;  // Something was rejected, or queued in front of the limit.
  std::optional<SignalRates> rates = std::nullopt;
  double signal_age = 0;  // Since the reading that `rates` end with.
};

// Folds ticks into windows: at least 20 completions; or 4, after a second; or 1, after three.
// Without a completion for three seconds it starts again: an idle minute must not dilute what
// follows.
class WindowFold {
 public:
  // The window that `tick` closes, if it does. `rates`: RatesOf() its signal, if it has one.
  std::optional<Observed> Add(const Window& tick, const SignalRates& rates);

 private:
  struct Sums {
    double span = 0, n = 0, residence = 0, in_flight_max = 0, arrivals = 0, dropped = 0;
    double requests = 0, signal_span = 0;
    SignalRates rates;  // Weighted by signal_span, which `requests` belong to.
    bool rejected = false, pressed = false;
  };
  void AddSignal(const Signal& signal, const SignalRates& rates, Clock::Time now, double requests);

  Sums sums_;
  SignalRates rates_;  // Of the last window that had a fresh signal, as the next.
  double request_rate_ = 0;
  Clock::Time signal_taken_at_ = Clock::Time::min();
};

}  // namespace loadline::control
