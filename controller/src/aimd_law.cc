// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/aimd_law.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "seconds.h"

namespace loadline::control {
namespace {

using O = AimdOptions;
constexpr std::array<OptionSpec<O>, 5> kSpecs = {{
    {"limit_min", &O::limit_min, 1, 1e6, "as Netflix AIMDLimit"},
    {"limit_max", &O::limit_max, 1, 1e6, "as Netflix AIMDLimit"},
    {"limit_initial", &O::limit_initial, 1, 1e6, "as Netflix AIMDLimit"},
    {"backoff", &O::backoff, 0.5, 0.999, "as Netflix AIMDLimit: a cut of a tenth"},
    {"timeout_ms", &O::timeout_ms, 0, 1e7, "0: the deadline of each window"},
}};

class AimdLaw final : public ControlLaw {
 public:
  explicit AimdLaw(const AimdOptions& options)
      : options_(options), decision_{.limit = options.limit_initial} {}

  Decision OnTick(const Window& tick) override;
  Decision decision() const override { return decision_; }
  std::string_view name() const override { return "aimd"; }

 private:
  Reason Judge(const Window& tick);

  const AimdOptions options_;
  double since_cut_ = 1e9;  // Seconds.
  double residence_ = 0;    // Mean of the last tick with completions.
  Decision decision_;
};

Reason AimdLaw::Judge(const Window& tick) {
  const double n = Count(tick.completed);
  if (n > 0) {
    residence_ = Seconds(tick.latency_sum) / n;
  }
  const double timeout =
      options_.timeout_ms > 0 ? options_.timeout_ms / 1000 : Seconds(tick.deadline);
  if (tick.dropped > 0) {
    return Reason::kDropped;
  }
  if (tick.late > 0 || (n > 0 && residence_ > timeout)) {
    return Reason::kSlow;
  }
  const double used = std::max(Count(tick.in_flight_max), Count(tick.in_flight));
  return 2 * used < decision_.limit ? Reason::kAppLimited : Reason::kHealthy;
}

Decision AimdLaw::OnTick(const Window& tick) {
  since_cut_ += Seconds(tick.span);
  Reason reason = Judge(tick);
  double limit = decision_.limit;
  if (reason == Reason::kDropped || reason == Reason::kSlow) {
    if (since_cut_ >= residence_) {
      limit *= options_.backoff;
      since_cut_ = 0;
    }
  } else if (reason == Reason::kHealthy) {
    // n steps of limit += 1 / limit, at once.
    limit = std::sqrt(limit * limit + 2 * Count(tick.completed));
  }
  if (limit >= options_.limit_max && reason == Reason::kHealthy) {
    reason = Reason::kCap;
  }
  decision_.limit = std::clamp(limit, options_.limit_min, options_.limit_max);
  decision_.reason = reason;
  return decision_;
}

}  // namespace

std::span<const OptionSpec<AimdOptions>> AimdOptionSpecs() { return kSpecs; }

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeAimdLaw(const AimdOptions& options) {
  const absl::Status status = CheckOptions<AimdOptions>("aimd", kSpecs, options);
  if (!status.ok()) {
    return status;
  }
  const absl::Status bounds =
      detail::CheckBounds("aimd", options.limit_min, options.limit_max, options.limit_initial);
  if (!bounds.ok()) {
    return bounds;
  }
  return std::make_unique<AimdLaw>(options);
}

}  // namespace loadline::control
