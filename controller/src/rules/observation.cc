// SPDX-License-Identifier: Apache-2.0
#include "rules/observation.h"

#include <algorithm>

#include "seconds.h"

namespace loadline::control {

Observation Observer::OnTick(const Window& tick) {
  departures_.Add(tick, lateness_.rate_good(), reference_.value());
  const Lateness::Change change = lateness_.Add(tick);
  // Now, not as of the last completions: these may be long ago.
  double queue_share = 0;
  if (tick.signal) {
    rates_ = RatesOf(*tick.signal, BoundedCpus(tick.cpus));
    queue_share = (rates_.runq_self / residence_.cpu_share() + rates_.lock) /
                  std::max(1.0, Count(tick.in_flight));
  }
  return {.tick = tick,
          .residence = residence_,
          .reference = reference_,
          .departures = departures_,
          .lateness = lateness_,
          .change = change,
          .rates = tick.signal ? &rates_ : nullptr,
          .queue_share = queue_share};
}

std::optional<Observed> Observer::Close(const Window& tick) {
  std::optional<Observed> window = fold_.Add(tick, rates_);
  if (window) {
    residence_.Add(*window);
  }
  return window;
}

}  // namespace loadline::control
