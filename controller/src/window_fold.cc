// SPDX-License-Identifier: Apache-2.0
#include "window_fold.h"

#include <algorithm>
#include <cstddef>

#include "seconds.h"

namespace loadline::control {
namespace {

constexpr double kFull = 20;  // Completions: the mean's error is then about a fifth of the spread.

bool Closes(double n, double span) {
  return n >= kFull || (n >= 4 && span >= 1) || (n >= 1 && span >= 3);
}

// a += b * weight
void Accumulate(SignalRates& a, const SignalRates& b, double weight) {
  for (double SignalRates::*m :
       {&SignalRates::cpu, &SignalRates::runq_self, &SignalRates::runq_other,
        &SignalRates::throttled, &SignalRates::lock, &SignalRates::network, &SignalRates::waiting,
        &SignalRates::threads, &SignalRates::switches}) {
    a.*m += b.*m * weight;
  }
}

}  // namespace

SignalRates RatesOf(const Signal& signal, double cpus) {
  const double span = BoundedSeconds(signal.span);
  if (!(span > 0)) {
    return {};
  }
  const PoolCounters& c = signal.counters;
  SignalRates rates;
  rates.cpu = BoundedSeconds(c.on_cpu) / span;
  rates.runq_self = BoundedSeconds(c.runq_self) / span;
  rates.runq_other = BoundedSeconds(c.runq_neighbour) / span;
  rates.throttled = BoundedSeconds(c.runq_throttled) / span;
  const double unattributed = BoundedSeconds(c.runq_unattributed) / span;
  const double attributed = rates.runq_self + rates.runq_other + rates.throttled;
  double own = 0;
  if (attributed > 0) {
    own = rates.runq_self / attributed;
  } else if (signal.step == SignalStep::kSchedstat) {
    own = std::clamp(rates.cpu / std::max(cpus, 0.05), 0.0, 1.0);
  }
  rates.runq_self += own * unattributed;
  rates.runq_other += (1 - own) * unattributed;
  rates.network = BoundedSeconds(c.blocked_for(WaitReason::kNetwork)) / span;
  for (const WaitReasonInfo& info : kWaitReasons) {
    if (info.reason != WaitReason::kIdle && !info.stopped) {
      // One by one: no sum of durations overflows.
      (info.lock_queue ? rates.lock : rates.waiting) +=
          BoundedSeconds(c.blocked_for(info.reason)) / span;
    }
  }
  rates.threads = Count(signal.threads);
  rates.switches = (Count(c.switches_voluntary) + Count(c.switches_involuntary)) / span;
  return rates;
}

namespace {

double Share(double cpu, double self, double others) {
  if (!(others > 0)) {
    return 1;
  }
  return std::clamp(std::max(self / (self + others), cpu / (cpu + others)), 0.05, 1.0);
}

}  // namespace

double CpuShare(const SignalRates& rates) {
  return Share(rates.cpu, rates.runq_self, rates.runq_other + rates.throttled);
}

double NeighbourShare(const SignalRates& rates) {
  return Share(rates.cpu, rates.runq_self, rates.runq_other);
}

void WindowFold::AddSignal(const Signal& signal, const SignalRates& rates, Clock::Time now,
                           double requests) {
  const double span = BoundedSeconds(signal.span);
  // The reading of the tick before, again. One from the future proves nothing but a wrong clock.
  const bool again = signal.taken_at <= signal_taken_at_ && signal_taken_at_ <= now;
  if (again || !(span > 0)) {
    return;
  }
  signal_taken_at_ = signal.taken_at;
  Accumulate(sums_.rates, rates, span);
  sums_.signal_span += span;
  sums_.requests += requests;
}

std::optional<Observed> WindowFold::Add(const Window& tick, const SignalRates& rates) {
  sums_.span += BoundedSeconds(tick.span);
  sums_.n += Count(tick.completed);
  sums_.residence += BoundedSeconds(tick.latency_sum);
  sums_.arrivals += Count(tick.arrivals);
  sums_.dropped += Count(tick.dropped);
  sums_.in_flight_max =
      std::max({sums_.in_flight_max, Count(tick.in_flight_max), Count(tick.in_flight)});
  sums_.rejected |= tick.rejected > 0;
  sums_.pressed |= tick.rejected > 0 || tick.queued > 0;
  if (tick.signal) {
    AddSignal(*tick.signal, rates, tick.now, Count(tick.signal_requests));
  }
  if (!Closes(sums_.n, sums_.span)) {
    if (sums_.n < 1 && sums_.span >= 3) {
      sums_ = {};
    }
    return std::nullopt;
  }
  const double span = std::max(sums_.span, 1e-3);
  Observed seen{.now = tick.now, .span = span, .n = sums_.n, .rate = sums_.n / span};
  seen.residence = std::max(sums_.residence / sums_.n, 1e-7);
  seen.in_flight = Count(tick.in_flight);
  seen.in_flight_max = sums_.in_flight_max;
  seen.pending_late = Count(tick.pending_late);
  seen.deadline = BoundedSeconds(tick.deadline);
  seen.arrivals = sums_.arrivals / span;
  seen.dropped = sums_.dropped;
  seen.cpus = BoundedCpus(tick.cpus);
  seen.rejected = sums_.rejected;
  seen.pressed = sums_.pressed;
  if (tick.signal) {
    if (sums_.signal_span > 0) {
      rates_ = {};
      Accumulate(rates_, sums_.rates, 1 / sums_.signal_span);
      request_rate_ = sums_.requests / sums_.signal_span;
    }
    seen.rates = rates_;
    seen.request_rate = std::max(request_rate_, seen.rate);
    seen.signal_age = SecondsBetween(tick.signal->taken_at, tick.now);
  }
  sums_ = {};
  return seen;
}

}  // namespace loadline::control
