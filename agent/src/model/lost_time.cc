// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/lost_time.h"

#include <algorithm>

#include "agent/src/model/ranking.h"

namespace loadline::agent {

void LostTime::Add(Cause cause, std::string_view culprit, Clock::Duration time, std::uint64_t waits,
                   std::string_view why) {
  if (time <= Clock::Duration::zero()) {
    return;
  }
  const auto find = [&](std::string_view name) {
    return std::ranges::find_if(
        parts_, [&](const LostPart& part) { return part.cause == cause && part.culprit == name; });
  };
  auto part = find(culprit);
  if (part == parts_.end() && parts_.size() >= kPartsMax) {
    culprit = kOther;
    part = find(culprit);
  }
  if (part == parts_.end()) {
    part = parts_.insert(part, LostPart{.cause = cause, .culprit = std::string(culprit)});
  }
  part->time += time;
  part->waits += waits;
  if (!why.empty()) {
    part->why = why;
  }
}

void LostTime::Add(const LostTime& other) {
  for (const LostPart& part : other.parts_) {
    Add(part.cause, part.culprit, part.time, part.waits, part.why);
  }
}

Clock::Duration LostTime::Sum() const {
  Clock::Duration sum{};
  for (const LostPart& part : parts_) {
    sum += part.time;
  }
  return sum;
}

Clock::Duration LostTime::Of(Cause cause) const {
  Clock::Duration sum{};
  for (const LostPart& part : parts_) {
    sum += part.cause == cause ? part.time : Clock::Duration{};
  }
  return sum;
}

}  // namespace loadline::agent
