// SPDX-License-Identifier: Apache-2.0
#include "lateness.h"

#include <algorithm>

#include "seconds.h"

namespace loadline::control {

Lateness::Change Lateness::Add(const Window& tick) {
  const double span = std::clamp(BoundedSeconds(tick.span), 1e-3, 1.0);
  const double late = Count(tick.late);
  // A dropped request is taken to be a late one first: what timed out is both.
  good_ = std::max(0.0, Count(tick.completed) - std::max(0.0, late - Count(tick.dropped)));
  const double pending = std::min(Count(tick.pending_late), Count(tick.in_flight));
  turned_late_ = std::max(0.0, late + pending - pending_);
  pending_ = pending;
  rate_ += std::min(1.0, span) * ((Count(tick.completed) + Count(tick.dropped)) / span - rate_);

  late_run_ = std::max(
      0.0, late_run_ + turned_late_ - good_ * options_.late_share / (1 - options_.late_share));
  if (late_) {
    good_run_ =
        std::max(0.0, good_run_ + good_ -
                          2 * turned_late_ * (1 - options_.late_share) / options_.late_share);
    if (good_run_ >= 4) {
      late_ = false;
      late_run_ = 0;
      return Change::kEnded;
    }
    return Change::kNone;
  }
  if (turned_late_ <= good_) {
    rate_good_ += std::min(1.0, span) * (good_ / span - rate_good_);
  }
  const double per_deadline = rate_good_ * BoundedSeconds(tick.deadline);
  if (late_run_ <
      std::clamp(per_deadline / 2, options_.late_runs, std::max(20.0, options_.late_runs))) {
    return Change::kNone;
  }
  late_ = true;
  good_run_ = 0;
  return Change::kBegan;
}

}  // namespace loadline::control
