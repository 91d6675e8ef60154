// SPDX-License-Identifier: Apache-2.0
#include "growth.h"

#include <algorithm>

#include "exact_math.h"
#include "seconds.h"

namespace loadline::control {
namespace {

constexpr double kAhead = 1.1;  // Of what fills the CPUs: the rest is the gradient's.

}  // namespace

void Growth::Add(const Observed& seen, const ResidenceEstimate& estimate, double lim) {
  if (!first_window_) {
    first_window_ = seen.now;
  }
  quiet_ = seen.rejected ? 0 : quiet_ + 1;
  const double no_load = estimate.no_load();
  RaiseAnchor(std::min(no_load, explained_));
  if ((quiet_ >= 3 && seen.in_flight_max < 0.7 * lim) || no_load < anchor_) {
    anchor_ = no_load;
  } else if (SecondsBetween(*first_window_, seen.now) < 5 * no_load) {
    RaiseAnchor(estimate.no_load_now());  // The first to complete are the short ones.
  }
}

void Growth::RaiseAnchor(double no_load) { anchor_ = std::max(anchor_, no_load); }

double Growth::Double(const Observed& seen, const ResidenceEstimate& estimate, double lim,
                      bool allowed) {
  const bool bind = seen.pressed || seen.in_flight_max >= 0.95 * lim;
  grew_ = allowed && bind && estimate.own() < 0.05 && estimate.no_load() <= anchor_most() &&
          seen.in_flight >= 0.8 * lim;
  if (!grew_) {
    return lim;
  }
  double most = Exp2(std::min(options_.doubling_max, seen.span / estimate.no_load()));
  if (seen.rates) {
    const double cpus = seen.cpus * estimate.cpu_share();
    most = std::clamp(kAhead * cpus / std::max(seen.rates->cpu, 1e-6), 1.0, most);
  }
  return lim * most;
}

double Growth::Rush(const Window& tick, const ResidenceEstimate& estimate, double lim, bool allowed,
                    double silence) {
  if (!first_tick_) {
    first_tick_ = tick.now;
  }
  const bool cold =
      !estimate.any() || SecondsBetween(*first_tick_, tick.now) <= 5 * estimate.no_load();
  const bool as_ever = estimate.no_load() <= anchor_most();
  if (silence > 0 && as_ever) {
    explained_ =
        anchor_ + silence + 2 * BoundedSeconds(tick.span);  // It began and ended within a tick.
  }
  const bool steady = as_ever && (silence > 0 || (allowed && estimate.own() < 0.05));
  if (!(cold || steady) || !tick.signal || Count(tick.in_flight) < 0.8 * lim) {
    return lim;
  }
  const double cpus = tick.cpus > 0.05 ? std::min(tick.cpus, 1e5) : 0.05;
  const SignalRates rates = RatesOf(*tick.signal, cpus);
  if (rates.runq_self + rates.lock > 0.25 * lim || CpuShare(rates) < 0.9) {
    return lim;
  }
  const double offered = Count(tick.arrivals) / std::max(BoundedSeconds(tick.span), 1e-3);
  // What is in flight in a silence takes as long as that at least.
  const double takes = std::max(1.3 * estimate.no_load(),
                                std::min(1.2 * silence, 0.9 * BoundedSeconds(tick.deadline)));
  const double need =
      estimate.any() ? offered * takes + Count(tick.queued) : 16 * options_.limit_initial;
  const double by_cpu = std::clamp(options_.rush_cpu_max * cpus / std::max(rates.cpu, 1e-6), 1.0,
                                   options_.rush_fold_max);
  const double most = silence > 0 ? options_.rush_fold_max : by_cpu;  // As before, only later.
  return std::min(most * lim, need);
}

}  // namespace loadline::control
