// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/longest_wait.h"

#include <algorithm>
#include <cstdint>

namespace loadline::agent {
namespace {

std::int64_t MinuteOf(Clock::Time at) {
  return std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count();
}

constexpr std::chrono::milliseconds kClockSlack{1};  // What clocks of two CPUs may disagree by.

}  // namespace

void LongestWaits::Add(Cause cause, std::string_view culprit, Clock::Duration length,
                       Clock::Time until) {
  if (length <= Clock::Duration::zero()) {
    return;
  }
  auto of_cause = std::ranges::find_if(
      causes_, [&](const auto& waits) { return waits.front().cause == cause; });
  if (of_cause == causes_.end()) {
    causes_.emplace_back();
    of_cause = causes_.end() - 1;
  }
  std::vector<LongestWait>& waits = *of_cause;
  if (!waits.empty() && waits.back().length > length &&
      MinuteOf(waits.back().until) == MinuteOf(until)) {
    return;
  }
  while (!waits.empty() && waits.back().length <= length) {
    waits.pop_back();
  }
  waits.push_back(
      {.cause = cause, .length = length, .until = until, .culprit = std::string(culprit)});
}

void LongestWaits::Forget(Clock::Time now) {
  const std::int64_t oldest = MinuteOf(now) - kFor.count();
  for (std::vector<LongestWait>& waits : causes_) {
    std::erase_if(waits, [&](const LongestWait& wait) { return MinuteOf(wait.until) <= oldest; });
  }
  std::erase_if(causes_, [](const auto& waits) { return waits.empty(); });
}

std::vector<LongestWait> LongestWaits::Longest() const {
  std::vector<LongestWait> longest;
  longest.reserve(causes_.size());
  for (const std::vector<LongestWait>& waits : causes_) {
    longest.push_back(waits.front());
  }
  return longest;
}

Clock::Duration LongestWaits::Of(Cause cause) const {
  for (const std::vector<LongestWait>& waits : causes_) {
    if (waits.front().cause == cause) {
      return waits.front().length;
    }
  }
  return {};
}

void WaitWatch::Settle(const Now& now, LongestWaits& longest) {
  const ThreadSample& sample = now.sample;
  const bool blocked = sample.state == ThreadState::kBlocked;
  const bool old = blocked && sample.in_state + kClockSlack >= now.between;  // It began before.
  rests_ &= old;
  if (seen_ == nullptr || (old && now.reason == seen_->reason &&
                           sample.in_state + kClockSlack >= now.between + seen_->age / 2)) {
    return;
  }
  const std::int64_t others = now.increment.switches_voluntary - (blocked ? 1 : 0);
  Clock::Duration more{};
  if (others <= 0) {
    more = now.increment.blocked_for(seen_->reason);
    more -= blocked && now.reason == seen_->reason ? std::min(more, sample.in_state)
                                                   : Clock::Duration::zero();
  }
  longest.Add(seen_->cause, seen_->culprit,
              seen_->age + std::clamp(more, Clock::Duration::zero(), now.between), now.at);
  seen_.reset();
}

void WaitWatch::SeeLost(const Now& now, Cause cause, std::string_view culprit,
                        LongestWaits& longest) {
  if (rests_) {
    return;
  }
  const Clock::Duration age = now.sample.in_state;
  longest.Add(cause, culprit, age, now.at);
  if (age + 2 * now.between < longest.Of(cause)) {
    seen_.reset();  // One of the readings to come sees it, should it become so long.
    return;
  }
  if (seen_ == nullptr) {
    seen_ = std::make_unique<Seen>();
  }
  seen_->reason = now.reason;
  seen_->cause = cause;
  seen_->age = age;
  seen_->culprit = culprit;
}

}  // namespace loadline::agent
