// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/blame_book.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr double kForgotten = 1e-6;  // Seconds.

std::string Behind(const BlameBook::Waker& waker, const WaitBlame& blame) {
  if (blame.did == WakerDid::kRan) {
    return fmt::format("{}, which runs", waker.name);
  }
  return waker.waits_for.empty() || !Info(blame.reason).has_peer
             ? fmt::format("{}, which waits: {}", waker.name, Name(blame.reason))
             : fmt::format("{}, which waits for {}", waker.name, waker.waits_for);
}

bool GoesBothWays(const BlameBook::Waker& waker) {
  return waker.same_pool || waker.wakes_back >= BlameBook::kWakesBackMin * waker.wakes;
}

}  // namespace

void BlameBook::Fade() {
  sum_ *= kDecay;
  rest_ *= kDecay;
  for (Share& share : lost_) {
    share.share *= kDecay;
  }
  std::erase_if(lost_, [](const Share& share) { return share.share < kForgotten; });
}

void BlameBook::AddTo(Cause cause, std::string culprit, double seconds) {
  const auto found = std::ranges::find_if(
      lost_, [&](const Share& share) { return share.cause == cause && share.culprit == culprit; });
  if (found != lost_.end()) {
    found->share += seconds;
  } else {
    lost_.push_back({.cause = cause, .culprit = std::move(culprit), .share = seconds});
  }
}

void BlameBook::Add(const WaitBlame& blame, const Waker& waker) {
  // What the waker was queued for is the host's doing, and no evidence of what the wait was.
  if (blame.did == WakerDid::kQueued) {
    return;
  }
  const double seconds = Seconds(blame.waited);
  sum_ += seconds;
  switch (blame.did) {
    case WakerDid::kUnknown:
    case WakerDid::kQueued:
      return;
    case WakerDid::kRested:
    case WakerDid::kInterrupt:
      rest_ += seconds;
      return;
    case WakerDid::kRan:
      if (waker.same_pool) {
        AddTo(Cause::kOneAtATime, std::string(waker.name), seconds);
      } else if (GoesBothWays(waker)) {
        AddTo(Cause::kHandoff, Behind(waker, blame), seconds);
      } else {
        rest_ += seconds;
      }
      return;
    case WakerDid::kWaited: {
      if (Info(blame.reason).kind == WaitKind::kCondition) {
        return;  // For whom that one waited is not known.
      }
      const bool slept_elsewhere = blame.reason == WaitReason::kSleep && !waker.same_pool;
      if (slept_elsewhere || Info(blame.reason).idle || !GoesBothWays(waker)) {
        rest_ += seconds;
      } else {
        AddTo(Cause::kHandoff, Behind(waker, blame), seconds);
      }
      return;
    }
  }
}

std::vector<BlameBook::Share> BlameBook::Lost() const {
  std::vector<Share> shares = lost_;
  for (Share& share : shares) {
    share.share = known() ? share.share / sum_ : 0;
  }
  return shares;
}

}  // namespace loadline::agent
