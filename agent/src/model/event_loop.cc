// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/event_loop.h"

namespace loadline::agent {
namespace {

constexpr double kDecay = 0.99;

double Nanoseconds(Clock::Duration duration) { return static_cast<double>(duration.count()); }

}  // namespace

void EventLoop::Update(const ThreadSample& sample, const PoolCounters& increment,
                       Clock::Duration between) {
  const bool stuck = sample.state == ThreadState::kBlocked && sample.reason != WaitReason::kPoll &&
                     sample.in_state > between;
  if (stuck) {
    return;
  }
  const Clock::Duration polled = increment.blocked_for(WaitReason::kPoll);
  polled_ = kDecay * polled_ + Nanoseconds(polled);
  waited_ = kDecay * waited_ +
            Nanoseconds(increment.Blocked() - increment.blocked_for(WaitReason::kStopped));
  if (polled > Clock::Duration::zero() && polls_ < kPollsMin) {
    ++polls_;
  }
  is_loop_ = polls_ >= kPollsMin && polled_ >= (is_loop_ ? kShareToStay : kShareToBecome) * waited_;
}

}  // namespace loadline::agent
