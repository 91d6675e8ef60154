// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/wait_baseline.h"

#include <algorithm>

#include "seconds.h"

namespace loadline::control {
namespace {

constexpr Clock::Duration kWidthMax = std::chrono::seconds{120};  // Sixteen of them: 32 min.
constexpr double kSlowest = 1e6;

// How many times the rate of `now` is that of `before`; kSlowest where the denominator of now is 0.
double Ratio(double now, double per_now, double before, double per_before) {
  if (!(now > 0)) {
    return 0;
  }
  const double slower = now * per_before / std::max(per_now * before, 1e-12);
  return std::clamp(slower, 0.0, kSlowest);
}

}  // namespace

WaitBaseline::Sums& WaitBaseline::Sums::operator+=(const Sums& other) {
  seconds += other.seconds;
  waited += other.waited;
  on_cpu += other.on_cpu;
  switches += other.switches;
  return *this;
}

void WaitBaseline::MakeRoom() {
  if (used_ < kSlots) {
    return;
  }
  if (width_ >= kWidthMax) {
    std::move(slots_.begin() + 1, slots_.end(), slots_.begin());
    --used_;
    return;
  }
  for (std::size_t i = 0; i < kSlots / 2; ++i) {
    slots_[i] = slots_[2 * i];
    slots_[i].sums += slots_[2 * i + 1].sums;
  }
  used_ = kSlots / 2;
  width_ *= 2;
}

void WaitBaseline::Add(Clock::Time now, const Sums& window) {
  const double away = used_ == 0 ? 0 : SecondsBetween(added_at_, now);
  if (used_ == 0 || now < added_at_ || away > BoundedSeconds(kOldest)) {
    used_ = 0;
    width_ = std::chrono::seconds{15};
  }
  added_at_ = now;
  const double width = BoundedSeconds(width_);
  if (used_ == 0 || SecondsBetween(slots_[used_ - 1].began_at, now) >= width) {
    MakeRoom();
    slots_[used_++] = {.began_at = now, .sums = {}};
  }
  slots_[used_ - 1].sums += window;
}

WaitBaseline::Sums WaitBaseline::Before(Clock::Time now) const {
  Sums sums;
  for (std::size_t i = 0; i < used_; ++i) {
    const Clock::Time ended_at = i + 1 < used_ ? slots_[i + 1].began_at : added_at_;
    if (SecondsBetween(ended_at, now) >= BoundedSeconds(kYoungest) &&
        SecondsBetween(slots_[i].began_at, now) <= BoundedSeconds(kOldest)) {
      sums += slots_[i].sums;
    }
  }
  return sums;
}

double WaitBaseline::Slowdown(Clock::Time now, const Sums& window) const {
  const Sums before = Before(now);
  if (before.seconds < kSecondsMin || before.waited < kThreadsMin * before.seconds) {
    return 0;
  }
  return std::min(Ratio(window.waited, window.on_cpu, before.waited, before.on_cpu),
                  Ratio(window.waited, window.switches, before.waited, before.switches));
}

}  // namespace loadline::control
