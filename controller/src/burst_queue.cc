// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/burst_queue.h"

#include <algorithm>

#include "seconds.h"

namespace loadline::control {
absl::StatusOr<BurstQueue> BurstQueue::Create(const BurstQueueOptions& options) {
  if (absl::Status status = CheckOptions("queue", options); !status.ok()) {
    return status;
  }
  return BurstQueue(options);
}

void BurstQueue::OnTick(const Window& tick, const ControlLaw& law) {
  limit_ = std::max(1.0, law.decision().limit);
  const LawState state = law.state();
  if (state.residence > 0) {
    // The law's average lags while residences rise: then the newest counts. Not where the CPUs were
    // taken away for a moment: that residence falls by itself.
    const double n = Count(tick.completed);
    const bool rising = n >= 4 && state.cpu_share > 0.9;
    const double newest = rising ? BoundedSeconds(tick.latency_sum) / n : 0;
    const double no_load = state.no_load > 0 ? state.no_load : state.residence;
    residence_ = std::max(state.residence, newest);
    no_load_ = std::min(residence_, std::max(no_load, newest * (1 - state.own)));
  } else if (const double n = Count(tick.completed); n > 0) {
    // A law that does not measure it. Without a signal all of the residence counts as needed.
    const double seen = BoundedSeconds(tick.latency_sum) / n;
    const double weight = residence_ > 0 ? std::min(0.6, 0.1 + n / 200) : 1;
    residence_ += weight * (seen - residence_);
    no_load_ = residence_;
  }
  // Re lags by a residence: while it rises, a limit's worth of requests takes longer than it says.
  const bool full = tick.queued > 0 || tick.rejected > 0 || Count(tick.in_flight) >= limit_ - 1;
  if (full && was_full_) {
    const double seen = Count(tick.completed) / std::max(BoundedSeconds(tick.span), 1e-3);
    drain_ = drain_ > 0 ? 0.5 * (drain_ + seen) : seen;
  } else if (!full) {
    drain_ = 0;
  }
  was_full_ = full;
  Note(tick.now, busy_);
}

void BurstQueue::Note(Clock::Time now, bool busy) {
  if (!seen_at_ || busy != busy_) {
    busy_ = busy;
    held_ms_ = 0;
    seen_at_ = now;
    return;
  }
  held_ms_ += SecondsBetween(*seen_at_, now) * 1000;
  seen_at_ = now;
  if (busy && held_ms_ >= options_.standing_after_ms) {
    standing_ = true;
  } else if (!busy && held_ms_ >= options_.clear_after_ms) {
    standing_ = false;
  }
}

Clock::Duration BurstQueue::ExpectedWait(int ahead) const {
  double each = residence_ / limit_;
  if (drain_ > 0) {
    each = std::max(each, 1 / (1.1 * drain_));
  }
  return Nanoseconds((std::max(0, ahead) + 1.0) * each);
}

Clock::Duration BurstQueue::Bound(Clock::Duration deadline) const {
  const double d = BoundedSeconds(deadline);
  const double bound =
      standing_ ? std::max(options_.standing_share * d,
                           std::min(options_.standing_ms / 1000, options_.standing_cap * d))
                : options_.share * d - residence_;
  // Rounding makes a deadline of years longer than it is.
  return std::min(Nanoseconds(bound), std::max(deadline, Clock::Duration{}));
}

bool BurstQueue::MayQueue(int ahead, Clock::Duration deadline) const {
  if (!(residence_ > 0)) {
    return ahead < limit_;
  }
  return ExpectedWait(ahead) <= Bound(deadline);
}

bool BurstQueue::StillWorthIt(Clock::Duration sojourn, Clock::Duration deadline) const {
  const double most =
      std::max(options_.standing_ms / 1000, options_.share * BoundedSeconds(deadline) - no_load_);
  return BoundedSeconds(sojourn) <= most;
}

}  // namespace loadline::control
