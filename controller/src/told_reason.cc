// SPDX-License-Identifier: Apache-2.0
#include "told_reason.h"

namespace loadline::control {
namespace {

constexpr double kShareLeast = 0.9;  // f below which somebody else is to blame, as in Classifier.

Reason QueueReason(const SignalRates& rates, const ResidenceEstimate& residence) {
  if (rates.lock > rates.runq_self) {
    return Reason::kLock;
  }
  if (residence.cpu_share() < kShareLeast) {
    return rates.throttled > rates.runq_other ? Reason::kThrottled : Reason::kNeighbour;
  }
  return Reason::kOwnCpu;
}

}  // namespace

Reason ToldReason(const Observation& now, const Observed& window, const Standing& standing,
                  const KernelOptions& options) {
  if (now.lateness.late()) {
    return Reason::kLate;
  }
  if (standing.probing()) {
    return standing.phase == ProbePhase::kUp ? Reason::kProbe : Reason::kDependency;
  }
  if (now.residence.own() > options.own_max && window.rates) {
    return QueueReason(*window.rates, now.residence);
  }
  if (!standing.doubled && window.in_flight_max < standing.lim() / 2) {
    return Reason::kAppLimited;
  }
  return window.rates ? Reason::kHealthy : Reason::kStale;
}

}  // namespace loadline::control
