// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/kernel_law.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "checked_law.h"
#include "growth.h"
#include "late_cap.h"
#include "law_limits.h"
#include "loadline/control/classifier.h"
#include "outflow.h"
#include "residence_estimate.h"
#include "throughput_probe.h"
#include "window_evidence.h"
#include "window_fold.h"

namespace loadline::control {
namespace {

class KernelLaw final : public ControlLaw {
 public:
  explicit KernelLaw(const KernelOptions& options)
      : options_(options),
        limits_(options),
        estimate_(options),
        growth_(options),
        outflow_(options),
        late_(options),
        probe_(options),
        decision_{.limit = options.limit_initial} {}

  Decision OnTick(const Window& tick) override;
  Decision decision() const override { return decision_; }
  LawState state() const override;
  std::string_view name() const override { return "kernel"; }

 private:
  using Phase = ThroughputProbe::Phase;

  bool probing() const { return probe_.phase() != Phase::kOff; }
  void CapFull(const Window& tick);
  void Rush(const Window& tick);
  void Gradient(const Observed& seen);
  void Judge(const Observed& seen);
  void Classify(const Observed& seen);
  Reason ReasonOf(const Observed& seen) const;
  void Publish(Reason reason);

  const KernelOptions options_;
  Limits limits_;
  WindowFold fold_;
  ResidenceEstimate estimate_;
  Growth growth_;
  Outflow outflow_;
  LateCap late_;
  ThroughputProbe probe_;
  Classifier classifier_;
  double rate_ = 0;  // X of the last window.
  Decision decision_;
};

// A dependency that is full shows before anything is late. Without a signal it might as well be our
// own queue: that is left to the probe.
void KernelLaw::CapFull(const Window& tick) {
  if (tick.signal && estimate_.own() <= options_.own_max && !late_.turning() && !probe_.full() &&
      outflow_.full()) {
    probe_.StartDown(outflow_.answerable(), outflow_.rate(), limits_);
  }
}

void KernelLaw::Rush(const Window& tick) {
  if (!probing() && !late_.turning()) {
    const double most =
        growth_.Rush(tick, estimate_, limits_.lim(), !probe_.no_growth(), outflow_.silence());
    limits_.own = std::max(limits_.own, most);
  }
}

// Only if the limit is used, and never against a probe.
void KernelLaw::Gradient(const Observed& seen) {
  const double lim = limits_.lim();
  if (seen.in_flight_max < lim / 2 || probing()) {
    return;
  }
  const double g = std::clamp(options_.tolerance * estimate_.no_load_now() / seen.residence,
                              options_.gradient_min, options_.gradient_max);
  // A late answer swings a loop unless the loop is as slow.
  const double weight = options_.smoothing / (1 + options_.delay_damping * estimate_.signal_age());
  double target = lim * g + std::sqrt(lim);
  if (seen.rates) {  // Else nothing says how long it would take without a queue.
    // No more than can be answered in time: what queues until its deadline has passed is lost.
    const double latest =
        std::max(estimate_.no_load_now(), options_.deadline_share * seen.deadline);
    target = std::min(target, lim * latest / seen.residence);
  }
  limits_.own = (1 - weight) * lim + weight * target;
}

void KernelLaw::Judge(const Observed& seen) {
  rate_ = seen.rate;
  estimate_.Add(seen);
  if (!late_.Judgeable(seen)) {
    return;
  }
  Gradient(seen);
  growth_.Add(seen, estimate_, limits_.lim());
  if (probe_.Recovered(outflow_, limits_)) {
    growth_.RaiseAnchor(estimate_.no_load_now());
  }
  const bool may_grow = !probing() && !probe_.no_growth();
  limits_.own = std::max(limits_.own, growth_.Double(seen, estimate_, limits_.lim(), may_grow));
  late_.Add(seen, outflow_, probe_, limits_);
  const bool by_itself = probe_.Add(seen,
                                    {.own = estimate_.own(),
                                     .no_load = estimate_.no_load(),
                                     .anchor = growth_.anchor_most(),
                                     .grew = growth_.grew()},
                                    limits_);
  if (by_itself) {
    growth_.RaiseAnchor(estimate_.no_load_now());
  }
}

void KernelLaw::Classify(const Observed& seen) {
  Evidence evidence = EvidenceOf(seen, estimate_);
  evidence.app_limited = seen.in_flight_max < limits_.lim() / 2 && !seen.rejected;
  evidence.late = late_.late();
  evidence.saturated = probe_.full();
  classifier_.Add(evidence);
}

Reason KernelLaw::ReasonOf(const Observed& seen) const {
  if (late_.late()) {
    return Reason::kLate;
  }
  if (probe_.phase() == Phase::kUp) {
    return Reason::kProbe;
  }
  if (probing()) {
    return Reason::kDependency;
  }
  if (estimate_.own() > options_.own_max && seen.rates) {
    if (seen.rates->lock > seen.rates->runq_self) {
      return Reason::kLock;
    }
    if (estimate_.cpu_share() < 0.9) {
      return seen.rates->throttled > seen.rates->runq_other ? Reason::kThrottled
                                                            : Reason::kNeighbour;
    }
    return Reason::kOwnCpu;
  }
  if (!growth_.grew() && seen.in_flight_max < limits_.lim() / 2) {
    return Reason::kAppLimited;
  }
  return seen.rates ? Reason::kHealthy : Reason::kStale;
}

void KernelLaw::Publish(Reason reason) {
  limits_.own = std::clamp(limits_.own, options_.limit_min, options_.limit_max);
  const double limit =
      std::clamp(late_.Announced(limits_.lim()), options_.limit_min, options_.limit_max);
  if (reason == Reason::kHealthy && limit >= options_.limit_max) {
    reason = Reason::kCap;
  }
  // While a dependency hangs nothing completes, so no window closes that the classifier could
  // judge.
  const bool dead = late_.hung() || late_.dead();
  const Verdict verdict = classifier_.verdict();
  decision_ = {.limit = limit,
               .reason = reason,
               .bottleneck = dead ? Bottleneck::kDepDead : verdict.bottleneck,
               .modifier = dead ? Bottleneck::kHealthy : verdict.modifier};
}

LawState KernelLaw::state() const {
  constexpr std::array<std::string_view, 4> kPhases = {"off", "up", "down", "hold"};
  return {.residence = estimate_.residence(),
          .no_load = estimate_.no_load(),
          .own = estimate_.own(),
          .cpu_share = estimate_.cpu_share(),
          .rate = rate_,
          .limit_own = limits_.own,
          .limit_dependency = probing() ? limits_.dependency : 0,
          .phase = late_.hung() ? "hung" : kPhases[static_cast<std::size_t>(probe_.phase())],
          .confidence = classifier_.verdict().confidence};
}

Decision KernelLaw::OnTick(const Window& tick) {
  if (!(tick.span > Clock::Duration::zero())) {
    return decision_;
  }
  outflow_.Add(tick, late_.rate_good(), growth_.anchor());
  late_.Add(tick, outflow_, estimate_.cpu_share(), probe_, limits_);
  CapFull(tick);
  Rush(tick);
  Reason reason = decision_.reason;
  if (const std::optional<Observed> seen = fold_.Add(tick)) {
    Judge(*seen);
    Classify(*seen);
    reason = ReasonOf(*seen);
  }
  if (late_.late()) {
    reason = Reason::kLate;
  } else if (reason == Reason::kLate) {
    reason = Reason::kHealthy;  // It has just ended; the next window says more.
  }
  Publish(reason);
  return decision_;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeKernelLaw(const KernelOptions& options) {
  return MakeChecked<KernelLaw>("kernel", options);
}

}  // namespace loadline::control
