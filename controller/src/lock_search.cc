// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/lock_search.h"

#include <algorithm>
#include <cmath>

namespace loadline::control {
namespace {

constexpr double kEnough = 1000;  // Completions.
constexpr double kShortest = 0.4, kLongest = 10;
constexpr double kAnchorFall = 0.99;
constexpr double kRecovered = 1.5;  // Of the reference.
constexpr double kPause = 3;  // Seconds, between two searches: the pool takes its new size first.
constexpr double kOtherWork = 1.5;  // Of K; chance is up to a quarter.

// So few threads wait in the mean that the lock cannot be what keeps the pool from doing more.
double Few(double threads) { return std::min(1.5, 0.02 * threads); }

}  // namespace

double LockSearch::Less() const {
  return std::max(1.0, std::min(current_ - 1, std::round(current_ * (1 - options_.lock_step))));
}

double LockSearch::More() const {
  return std::max(current_ + 1, std::round(current_ * (1 + options_.lock_step)));
}

void LockSearch::Stop() {
  pause_ = on() ? kPause : pause_;
  phase_ = Phase::kOff;
  cap_ = kNone;
}

void LockSearch::Try(Phase phase, double cap) {
  phase_ = phase;
  cap_ = cap;
  settled_ = span_ = completed_ = 0;
}

bool LockSearch::Over(const Input& input) {
  lock_ += std::min(1.0, input.span) * (input.lock - lock_);
  unpressed_ = input.pressed ? 0 : unpressed_ + input.span;
  const bool other_work = input.knee > kOtherWork * knee_ || input.knee * kOtherWork < knee_;
  return other_work || unpressed_ >= 3;
}

bool LockSearch::EpochEnds(const Input& input) {
  if (!input.pressed || input.threads > cap_ + 0.01 ||
      (phase_ == Phase::kUp && input.threads < cap_ - 0.5)) {
    settled_ = span_ = completed_ = 0;
    return false;
  }
  if (settled_ < 2 * std::min(input.residence, kLongest)) {
    settled_ += input.span;
    return false;
  }
  span_ += input.span;
  completed_ += input.completed;
  return span_ >= kShortest && (completed_ >= kEnough || span_ >= kLongest);
}

void LockSearch::Judge(double rate) {
  if (phase_ != Phase::kMeasure && rate > kRecovered * reference_) {
    return Stop();
  }
  switch (phase_) {
    case Phase::kOff:
      return;
    case Phase::kMeasure:
      reference_ = rate;
      return Try(Phase::kDown, Less());
    case Phase::kDown:
      if (rate >= (1 - options_.lock_loss) * reference_ && cap_ < current_) {
        current_ = cap_;
        reference_ = std::max(kAnchorFall * reference_, rate);
        return Try(Phase::kDown, Less());
      }
      left_ = options_.lock_hold;
      return Try(Phase::kHold, current_);
    case Phase::kHold:
      left_ -= 1;
      if (left_ > 0) {
        return Try(Phase::kHold, current_);
      }
      reference_ = rate;
      return Try(Phase::kUp, More());
    case Phase::kUp:
      if (rate > (1 + options_.lock_loss) * reference_) {
        if (lock_ < Few(cap_)) {
          return Stop();
        }
        current_ = cap_;
        reference_ = rate;
        return Try(Phase::kUp, More());
      }
      reference_ = std::max(reference_, rate);
      return Try(Phase::kDown, Less());
  }
}

double LockSearch::Add(const Input& input) {
  if (!on()) {
    pause_ -= std::min(input.span, pause_);
    if (pause_ > 0 || !input.lock_bound || !input.pressed || input.lock < Few(input.threads)) {
      return kNone;
    }
    current_ = input.threads;
    knee_ = input.knee;
    lock_ = input.lock;
    unpressed_ = 0;
    Try(Phase::kMeasure, current_);
  }
  if (Over(input)) {
    Stop();
  } else if (EpochEnds(input)) {
    // The size was free to fall while it was measured, by the trim.
    current_ = phase_ == Phase::kMeasure ? std::min(current_, input.threads) : current_;
    Judge(completed_ / span_);
  }
  return cap_;
}

}  // namespace loadline::control
