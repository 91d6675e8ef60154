// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "departure_rate.h"
#include "lateness.h"
#include "loadline/control/control_law.h"
#include "loadline/control/kernel_options.h"
#include "reference_residence.h"
#include "residence_estimate.h"
#include "window_fold.h"

namespace loadline::control {

// What rules judge by: a tick, the window that it closed, and the estimates, computed once.
struct Observation {
  const Window& tick;
  const ResidenceEstimate& residence;
  const ReferenceResidence& reference;
  const DepartureRate& departures;
  const Lateness& lateness;
  Lateness::Change change = Lateness::Change::kNone;  // By this tick.
  const SignalRates* rates = nullptr;                 // Of the tick's signal; null: there is none.
  double queue_share = 0;  // Of what is in flight now, what queues for us.

  // Late, or about to be.
  bool turning_late() const { return lateness.late() || lateness.turned_late() > 0; }
  // Almost nothing is answered in time, and it is not our own queue.
  bool dependency_dead(double own_max) const { return lateness.late() && queue_share <= own_max; }
};

// Keeps the estimates.
class Observer {
 public:
  explicit Observer(const KernelOptions& options)
      : residence_(options), reference_(options), departures_(options), lateness_(options) {}

  // The tick; residences are those of the windows before.
  Observation OnTick(const Window& tick);

  // The window that `tick` closes, if it does. Residences are those of the window from then on.
  std::optional<Observed> Close(const Window& tick);

  // What the window tells of the reference, under the limit that was in force.
  void Refer(const Observed& window, double limit) { reference_.Add(window, residence_, limit); }

  // What a rule found out about R0.
  void Learn(const Proposal& proposal) { reference_.Learn(proposal); }

  const ResidenceEstimate& residence() const { return residence_; }

 private:
  WindowFold fold_;
  SignalRates rates_;  // Of the newest signal.
  ResidenceEstimate residence_;
  ReferenceResidence reference_;
  DepartureRate departures_;
  Lateness lateness_;
};

}  // namespace loadline::control
