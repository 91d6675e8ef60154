// SPDX-License-Identifier: Apache-2.0
#include "late_cap.h"

#include <algorithm>

#include "seconds.h"

namespace loadline::control {

void LateCap::Cap(double rate, double answerable, ThroughputProbe& probe, Limits& limits) const {
  const double cap = std::max({limits.least, 0.1 * good_limit_, answerable});
  if (probe.phase() == ThroughputProbe::Phase::kOff && queue_share_ > options_.own_max) {
    limits.own = std::min(limits.own, cap);
  } else {
    probe.StartDown(cap, rate, limits);
  }
}

void LateCap::Add(const Window& tick, const Outflow& outflow, double cpu_share,
                  ThroughputProbe& probe, Limits& limits) {
  const Lateness::Change change = lateness_.Add(tick);
  const double deadline = BoundedSeconds(tick.deadline);
  // Now, not as of the last completions: these may be long ago.
  queue_share_ = 0;
  if (tick.signal) {
    const SignalRates rates = RatesOf(*tick.signal, tick.cpus);
    queue_share_ =
        (rates.runq_self / cpu_share + rates.lock) / std::max(1.0, Count(tick.in_flight));
  }
  if (change == Lateness::Change::kBegan) {
    before_ = std::min(limits.lim(), std::max(2 * good_limit_, options_.limit_initial));
    full_rate_ = outflow.steady() ? outflow.rate() : 0;
    const double rate = full_rate_ > 0 ? full_rate_ : lateness_.rate();
    Cap(rate, 0.8 * deadline * rate, probe, limits);
  }
  if (!outflow.steady()) {
    full_rate_ = 0;
  }
  // Hung, not merely queued: what is pending would take more than two deadlines to drain.
  const bool hung = dead() && lateness_.pending() > 2 * deadline * lateness_.rate();
  if (hung && !tests_.on() && full_rate_ <= 0) {
    tests_.Begin(std::max(before_, Count(tick.in_flight)));
  }
  if (change == Lateness::Change::kEnded) {
    // Less throughput at less in flight: it was slow, not full. The limit from before will do.
    const bool was_slow =
        tests_.on() || (full_rate_ <= 0 && lateness_.rate() < 0.5 * lateness_.rate_good());
    if (was_slow) {
      limits.own = std::max(limits.lim(), before_);
      probe.Stop(limits);
    }
    if (tests_.on()) {
      tests_.End(lateness_.pending());
    }
  }
  tests_.Add(tick, lateness_);
}

void LateCap::Add(const Observed& seen, const Outflow& outflow, ThroughputProbe& probe,
                  Limits& limits) {
  if (lateness_.late()) {
    Cap(outflow.rate(), 0.8 * seen.deadline * outflow.rate(), probe, limits);
  } else {
    good_limit_ += std::min(1.0, seen.span / 10) *
                   (std::min(limits.lim(), 1.5 * seen.in_flight_max) - good_limit_);
  }
}

bool LateCap::Judgeable(const Observed& seen) const {
  return !tests_.on() && (tests_.leftover() <= 0 || seen.residence <= seen.deadline);
}

bool LateCap::dead() const { return lateness_.late() && queue_share_ <= options_.own_max; }

}  // namespace loadline::control
