// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/kernel_law.h"

#include <array>
#include <optional>

#include "checked_law.h"
#include "loadline/control/classifier.h"
#include "rules/arbiter.h"
#include "rules/observation.h"
#include "told_reason.h"
#include "window_evidence.h"

namespace loadline::control {
namespace {

class KernelLaw final : public ControlLaw {
 public:
  explicit KernelLaw(const KernelOptions& options)
      : options_(options),
        observer_(options),
        arbiter_(options),
        decision_{.limit = options.limit_initial} {}

  Decision OnTick(const Window& tick) override;
  Decision decision() const override { return decision_; }
  LawState state() const override;
  std::string_view name() const override { return "kernel"; }

 private:
  void Judge(const Observation& now, const Observed& window);
  void Classify(const Observation& now, const Observed& window);

  const KernelOptions options_;
  Observer observer_;
  Arbiter arbiter_;
  Classifier classifier_;
  double rate_ = 0;  // X of the last window.
  Decision decision_;
};

// Not where its residences are those of a hang.
void KernelLaw::Judge(const Observation& now, const Observed& window) {
  const Standing& standing = arbiter_.standing();
  if (standing.trials || (standing.leftover > 0 && window.residence > window.deadline)) {
    return;
  }
  observer_.Refer(window, standing.lim());
  arbiter_.OnWindow(now, window, observer_);
}

void KernelLaw::Classify(const Observation& now, const Observed& window) {
  const Standing& standing = arbiter_.standing();
  Evidence evidence = EvidenceOf(window, now.residence);
  evidence.app_limited = window.in_flight_max < standing.lim() / 2 && !window.rejected;
  evidence.late = now.lateness.late();
  evidence.saturated = standing.full;
  classifier_.Add(evidence);
}

LawState KernelLaw::state() const {
  constexpr std::array<std::string_view, 4> kPhases = {"off", "up", "down", "hold"};
  const ResidenceEstimate& residence = observer_.residence();
  const Standing& standing = arbiter_.standing();
  return {.residence = residence.residence(),
          .no_load = residence.no_load(),
          .own = residence.own(),
          .cpu_share = residence.cpu_share(),
          .rate = rate_,
          .limit_own = standing.own,
          .limit_dependency = standing.probing() ? standing.dependency : 0,
          .phase = standing.trials ? "hung" : kPhases[static_cast<std::size_t>(standing.phase)],
          .confidence = classifier_.verdict().confidence,
          .binding = arbiter_.binding()};
}

Decision KernelLaw::OnTick(const Window& tick) {
  if (!(tick.span > Clock::Duration::zero())) {
    return decision_;
  }
  const Observation now = observer_.OnTick(tick);
  arbiter_.OnTick(now, observer_);
  Reason reason = decision_.reason;
  if (const std::optional<Observed> window = observer_.Close(tick)) {
    rate_ = window->rate;
    Judge(now, *window);
    Classify(now, *window);
    reason = ToldReason(now, *window, arbiter_.standing(), options_);
  }
  if (now.lateness.late()) {
    reason = Reason::kLate;
  } else if (reason == Reason::kLate) {
    reason = Reason::kHealthy;  // It has just ended; the next window says more.
  }
  const double limit = arbiter_.Announce();
  if (reason == Reason::kHealthy && limit >= options_.limit_max) {
    reason = Reason::kCap;
  }
  // While a dependency hangs nothing completes, so no window closes that the classifier could
  // judge.
  const bool dead = arbiter_.standing().trials || now.dependency_dead(options_.own_max);
  const Verdict verdict = classifier_.verdict();
  decision_ = {.limit = limit,
               .reason = reason,
               .bottleneck = dead ? Bottleneck::kDepDead : verdict.bottleneck,
               .modifier = dead ? Bottleneck::kHealthy : verdict.modifier};
  return decision_;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeKernelLaw(const KernelOptions& options) {
  return MakeChecked<KernelLaw>("kernel", options);
}

}  // namespace loadline::control
