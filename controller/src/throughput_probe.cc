// SPDX-License-Identifier: Apache-2.0
#include "throughput_probe.h"

#include <algorithm>

namespace loadline::control {
namespace {

constexpr double kOff = std::numeric_limits<double>::infinity();

}  // namespace

void ThroughputProbe::Stop(Limits& limits) {
  limits.dependency = kOff;
  phase_ = Phase::kOff;
  full_ = false;
  judged_ = false;
  epoch_ = {};
}

void ThroughputProbe::Try(Phase phase, double limit, Limits& limits) {
  limits.dependency = std::max(limits.least, limit);
  // The other limit must not stand in the way, or throughput could never be seen to rise.
  limits.own = std::min(options_.limit_max, std::max(limits.own, limits.dependency));
  phase_ = phase;
  full_ |= phase != Phase::kUp;
  epoch_ = {};
  waited_ = 0;
  settled_ = 0;
}

bool ThroughputProbe::Recovered(const Outflow& outflow, Limits& limits) {
  if (phase_ == Phase::kOff || outflow.sparse() || !(outflow.rate() > 1.5 * reference_)) {
    return false;
  }
  limits.own = std::max(limits.lim(), current_);
  Stop(limits);
  return true;
}

void ThroughputProbe::StartDown(double cap, double rate, Limits& limits) {
  // Once an epoch has shown what less does, throughput that fell with the limit is no reason for
  // yet less.
  if (judged_ || !(limits.dependency > cap)) {
    return;
  }
  limits.own = std::max(limits.own, cap);
  current_ = phase_ == Phase::kOff ? cap : std::min(current_, cap);
  reference_ = rate;
  tried_down_ = false;
  Try(Phase::kDown, cap, limits);
}

// True as long as what completes was admitted under another limit.
bool ThroughputProbe::Settling(const Observed& seen, double lim) {
  const double most = options_.probe_settle * seen.residence;
  const bool followed =
      phase_ == Phase::kUp ? seen.in_flight >= 0.9 * lim : seen.in_flight <= 1.1 * lim;
  if (settled_ <= 0 && !followed && waited_ < 2 * most) {
    waited_ += seen.span;
    return true;
  }
  if (settled_ < most) {
    settled_ += seen.span;
    return true;
  }
  return false;
}

bool ThroughputProbe::Add(const Observed& seen, const Input& input, Limits& limits) {
  quiet_ = seen.rejected ? 0 : quiet_ + 1;
  if (quiet_ >= 10) {
    no_growth_ = false;
  }
  if (phase_ != Phase::kOff && Settling(seen, limits.lim())) {
    return false;
  }
  if (epoch_.windows == 0) {
    epoch_.lim_first = limits.lim();
  }
  epoch_.span += seen.span;
  epoch_.n += seen.n;
  epoch_.residence += seen.n * seen.residence;
  epoch_.own_time += seen.n * seen.residence * input.own;
  epoch_.windows += 1;
  epoch_.rejecting += seen.pressed ? 1 : 0;
  epoch_.grew |= input.grew;
  const double length = phase_ == Phase::kOff ? std::min(4 * input.no_load,
                                                         std::max(2 * input.no_load, seen.deadline))
                                              : input.no_load;
  return epoch_.span >= std::max(0.4, length) && Judge(input, limits);
}

// Between what throughput gains if the dependency is full at current_ and if it is not full at all.
bool ThroughputProbe::Follows(double rate, double lim) const {
  const double if_free = lim / before_.lim;
  const double if_full = std::clamp(current_ / before_.lim, 1.0, if_free);
  return rate > before_.rate * (if_full + 0.4 * (if_free - if_full));
}

bool ThroughputProbe::Up(const Point& now, const Input& input, Limits& limits) {
  if (!Follows(now.rate, now.lim)) {
    if (tried_down_) {
      Hold(limits);
    } else {
      reference_ = std::max(reference_, now.rate);
      Try(Phase::kDown, options_.probe_down * current_, limits);
    }
    return false;
  }
  const bool as_long = now.residence <= 1.1 * before_.residence;
  if (as_long || input.no_load <= input.anchor) {
    limits.own = limits.dependency;
    Stop(limits);
    return as_long;
  }
  current_ = now.lim;
  reference_ = now.rate;
  tried_down_ = false;
  Try(Phase::kUp, options_.probe_up * current_, limits);
  return false;
}

void ThroughputProbe::Down(const Point& now, Limits& limits) {
  if (now.rate >= 0.95 * reference_) {
    current_ = now.lim;
    reference_ = std::max(0.99 * reference_, now.rate);
    if (now.lim > limits.least) {
      Try(Phase::kDown, options_.probe_down * current_, limits);
    } else {
      Hold(limits);  // Lower still, throughput could never be seen to fall.
    }
  } else {
    tried_down_ = true;
    Try(Phase::kUp, 1.2 * current_, limits);
  }
}

void ThroughputProbe::Hold(Limits& limits) {
  Try(Phase::kHold, current_, limits);
  tried_down_ = false;
  left_ = options_.probe_hold;
}

bool ThroughputProbe::Judge(const Input& input, Limits& limits) {
  const Point now{.lim = limits.lim(),
                  .rate = epoch_.n / epoch_.span,
                  .residence = epoch_.residence / std::max(1.0, epoch_.n)};
  const double own = epoch_.residence > 0 ? epoch_.own_time / epoch_.residence : 0;
  const bool bound = 2 * epoch_.rejecting >= epoch_.windows;
  if (epoch_.grew && now.lim > 1.2 * epoch_.lim_first && now.rate < 1.1 * rate_before_) {
    no_growth_ = true;
  }
  rate_before_ = now.rate;
  const bool grew = epoch_.grew;
  epoch_ = {};
  judged_ = phase_ == Phase::kDown || phase_ == Phase::kHold;
  if (own > options_.own_max || !bound) {
    if (phase_ != Phase::kOff) {
      limits.own = std::max(limits.lim(), current_);
      Stop(limits);
    }
    return false;
  }
  bool by_itself = false;
  switch (phase_) {
    case Phase::kOff:
      if (!grew) {
        current_ = now.lim;
        reference_ = now.rate;
        tried_down_ = false;
        limits.own = options_.limit_max;
        Try(Phase::kUp, options_.probe_up * current_, limits);
      }
      break;
    case Phase::kUp:
      by_itself = Up(now, input, limits);
      break;
    case Phase::kDown:
      Down(now, limits);
      break;
    case Phase::kHold:
      if (--left_ <= 0) {
        reference_ = now.rate;
        Try(Phase::kUp, 1.2 * current_, limits);
      }
      break;
  }
  before_ = now;
  return by_itself;
}

}  // namespace loadline::control
