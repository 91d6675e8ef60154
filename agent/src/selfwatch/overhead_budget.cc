// SPDX-License-Identifier: Apache-2.0
#include "agent/src/selfwatch/overhead_budget.h"

#include <algorithm>
#include <limits>

namespace loadline::agent {

double OverheadBudget::limit() const {
  return options_.share_max > 0 ? options_.share_max : std::numeric_limits<double>::infinity();
}

const Detail& OverheadBudget::Update(const Use& use) {
  if (!opened_.has_value()) {
    opened_ = use;
    return detail_;
  }
  const Clock::Duration passed = use.at - opened_->at;
  if (passed < options_.window) {
    return detail_;
  }
  const double seconds = Seconds(passed);
  agent_share_ = (use.agent_seconds - opened_->agent_seconds) / seconds;
  probe_share_ = (use.probe_seconds - opened_->probe_seconds) / seconds / options_.cpus;
  opened_ = use;
  Judge(passed, use.at);
  return detail_;
}

void OverheadBudget::Judge(Clock::Duration passed, Clock::Time now) {
  const double most = std::max(agent_share_, probe_share_);
  if (most > limit()) {
    quiet_for_ = {};
    GiveUp(now);
    return;
  }
  quiet_for_ = most < kRoomBelow * limit() ? quiet_for_ + passed : Clock::Duration{};
  if (quiet_for_ >= quiet_needed_) {
    quiet_for_ = {};
    TakeUp(now);
  }
}

void OverheadBudget::GiveUp(Clock::Time now) {
  for (const Feature feature : kFeatures) {
    if (!detail_.has(feature)) {
      continue;
    }
    detail_.set(feature, false);
    const bool in_vain = taken_up_at_.has_value() && now - *taken_up_at_ <= quiet_needed_;
    quiet_needed_ = in_vain ? std::min(2 * quiet_needed_, options_.quiet_max) : options_.quiet;
    taken_up_at_.reset();
    return;
  }
}

void OverheadBudget::TakeUp(Clock::Time now) {
  const auto last = std::find_if(kFeatures.rbegin(), kFeatures.rend(),
                                 [this](Feature feature) { return is_dropped(feature); });
  if (last != kFeatures.rend()) {
    detail_.set(*last, true);
    taken_up_at_ = now;
  }
}

}  // namespace loadline::agent
