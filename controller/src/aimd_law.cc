// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/aimd_law.h"

#include <algorithm>
#include <cmath>

#include "checked_law.h"
#include "sample_window.h"
#include "seconds.h"

namespace loadline::control {
namespace {

class AimdLaw final : public ControlLaw {
 public:
  explicit AimdLaw(const AimdOptions& options)
      : options_(options),
        window_(options.window_ms / 1000, 10),
        decision_{.limit = options.limit_initial} {}

  Decision OnTick(const Window& tick) override;
  Decision decision() const override { return decision_; }
  std::string_view name() const override { return "aimd"; }

 private:
  Reason Judge(const Sampled& seen, bool late, double timeout) const;
  void Move(Reason reason, double step);

  const AimdOptions options_;
  SampleWindow window_;
  double since_cut_ = 1e9;  // Seconds.
  double residence_ = 0;    // Mean of the last window with completions.
  Decision decision_;
};

Reason AimdLaw::Judge(const Sampled& seen, bool late, double timeout) const {
  if (seen.dropped) {
    return Reason::kDropped;
  }
  if (late || (seen.n > 0 && seen.rtt > timeout)) {
    return Reason::kSlow;
  }
  return 2 * seen.in_flight_max < decision_.limit ? Reason::kAppLimited : Reason::kHealthy;
}

void AimdLaw::Move(Reason reason, double step) {
  double limit = decision_.limit;
  if (reason == Reason::kDropped || reason == Reason::kSlow) {
    if (since_cut_ >= residence_) {
      limit *= options_.backoff;
      since_cut_ = 0;
    }
  } else if (reason == Reason::kHealthy) {
    limit += step;
  }
  if (limit >= options_.limit_max && reason == Reason::kHealthy) {
    reason = Reason::kCap;
  }
  decision_.limit = std::clamp(limit, options_.limit_min, options_.limit_max);
  decision_.reason = reason;
}

Decision AimdLaw::OnTick(const Window& tick) {
  since_cut_ += BoundedSeconds(tick.span);
  const double timeout =
      options_.timeout_ms > 0 ? options_.timeout_ms / 1000 : BoundedSeconds(tick.deadline);
  if (options_.window_ms > 0) {
    if (const std::optional<Sampled> seen = window_.Add(tick)) {
      residence_ = seen->rtt;
      Move(Judge(*seen, false, timeout), 1);
    }
    return decision_;
  }
  const double n = Count(tick.completed);
  if (n > 0) {
    residence_ = BoundedSeconds(tick.latency_sum) / n;
  }
  const Sampled seen{.n = n,
                     .rtt = residence_,
                     .in_flight_max = std::max(Count(tick.in_flight_max), Count(tick.in_flight)),
                     .dropped = tick.dropped > 0};
  // n steps of limit += 1 / limit, at once.
  const double limit = decision_.limit;
  Move(Judge(seen, tick.late > 0, timeout), std::sqrt(limit * limit + 2 * n) - limit);
  return decision_;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeAimdLaw(const AimdOptions& options) {
  return MakeChecked<AimdLaw>("aimd", options);
}

}  // namespace loadline::control
