// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/thread_rest.h"

#include "absl/hash/hash.h"
#include "agent/src/model/condition_address.h"

namespace loadline::agent {

Place PlaceOf(const ThreadSample& sample) {
  Place place{.reason = sample.reason};
  if (sample.futex != 0) {
    place.object = ConditionAddress(sample.futex);
  } else if (sample.place != 0) {
    place.object = sample.place;
  } else if (!sample.peer.text.empty()) {
    place.object = absl::HashOf(sample.peer.text) | 1;
  }
  return place;
}

void ThreadRest::Update(const ThreadSample& sample, const PoolCounters& increment,
                        std::uint32_t reading) {
  const bool ran = increment.on_cpu > Clock::Duration::zero() || increment.switches_voluntary > 0;
  if (!ran) {
    return;
  }
  ran_at_ = reading;
  if (sample.state != ThreadState::kBlocked) {
    return;
  }
  const Place place = PlaceOf(sample);
  if (place == home_) {
    if (visits_ < kVisitsMax) {
      ++visits_;
    }
  } else if (visits_ > 0) {
    --visits_;
    elsewhere_ |= place.reason != home_.reason;
  } else {
    home_ = place;
    visits_ = 1;
  }
}

}  // namespace loadline::agent
