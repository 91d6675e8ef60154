// SPDX-License-Identifier: Apache-2.0
#include "loadline/signal_ladder.h"

#include <algorithm>
#include <utility>

namespace loadline {

SignalLadder::SignalLadder(std::vector<SignalSource*> sources) : sources_(std::move(sources)) {}

SignalLadder::Step& SignalLadder::StepOf(std::string_view pool, std::size_t source) {
  const auto found = std::find_if(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.pool == pool && step.source == source;
  });
  if (found != steps_.end()) {
    return *found;
  }
  return steps_.emplace_back(Step{std::string(pool), source, std::nullopt});
}

SignalLadder::Reading SignalLadder::Read(std::string_view pool, Clock::Time now) {
  Reading reading;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Step& step = StepOf(pool, i);
    reading.fresh = sources_[i]->Read(pool, now);
    if (reading.fresh) {
      step.heard_at = reading.fresh->taken_at;
    }
    if (!step.heard_at) {
      continue;
    }
    const Clock::Duration age = std::max(now - *step.heard_at, Clock::Duration::zero());
    if (age <= kFreshFor) {
      reading.state = {.step = sources_[i]->step(), .age = age};
      return reading;
    }
    // The state of the last resort: nothing fresh, but how old the newest is should be seen.
    reading.state.age = std::min(reading.state.age, age);
    reading.fresh = std::nullopt;
  }
  return reading;
}

void SignalLadder::Forget(std::string_view pool) {
  std::erase_if(steps_, [&](const Step& step) { return step.pool == pool; });
}

}  // namespace loadline
