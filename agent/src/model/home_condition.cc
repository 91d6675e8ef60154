// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/home_condition.h"

#include "agent/src/model/condition_address.h"

namespace loadline::agent {
namespace {

// What may be a wait for work, and where: a lock never is.
std::uint64_t FutexOf(const ThreadSample& sample) {
  if (sample.state != ThreadState::kBlocked) {
    return 0;
  }
  if (Info(sample.reason).kind != WaitKind::kCondition) {
    return 0;
  }
  return sample.reason == WaitReason::kCondition ? ConditionAddress(sample.futex) : sample.futex;
}

}  // namespace

void HomeCondition::BeginReading() {
  threads_ = 0;
  together_ = true;
  futex_ = 0;
  home_seen_ = false;
}

void HomeCondition::See(const ThreadSample& sample) {
  const std::uint64_t futex = FutexOf(sample);
  together_ = together_ && futex != 0 && (threads_ == 0 || futex == futex_);
  futex_ = futex;
  home_seen_ |= futex != 0 && futex == home_;
  ++threads_;
}

void HomeCondition::EndReading(Clock::Duration worked) {
  home_unseen_ = home_seen_ ? 0 : home_unseen_ + 1;
  worked_ |= worked > Clock::Duration::zero();
  if (!together_ || threads_ < kThreadsMin) {
    return;
  }
  if (futex_ != candidate_) {
    candidate_ = futex_;
    quiet_moments_ = 1;
  } else if (worked_ && quiet_moments_ < kQuietMomentsMin) {
    ++quiet_moments_;
  }
  worked_ = false;
  const bool free = home_ == 0 || home_unseen_ > kForgetAfter;
  if (free && quiet_moments_ >= kQuietMomentsMin) {
    home_ = candidate_;
    home_unseen_ = 0;
  }
}

bool HomeCondition::IsHome(const ThreadSample& sample) const {
  return home_ != 0 && FutexOf(sample) == home_;
}

}  // namespace loadline::agent
