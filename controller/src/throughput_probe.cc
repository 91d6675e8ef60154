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
  epoch_ = {};
}

bool ThroughputProbe::Recovered(const Observed& seen, Limits& limits) {
  if (phase_ == Phase::kOff || seen.n < 10 || !(seen.rate > 1.5 * reference_)) {
    return false;
  }
  limits.own = std::max(limits.lim(), current_);
  Stop(limits);
  return true;
}

void ThroughputProbe::StartDown(double cap, double rate, Limits& limits) {
  if (phase_ != Phase::kOff && !(limits.dependency > cap)) {
    return;
  }
  limits.dependency = cap;
  limits.own = std::max(limits.own, cap);
  current_ = phase_ == Phase::kOff ? cap : std::min(current_, cap);
  reference_ = rate;
  phase_ = Phase::kDown;
  epoch_ = {};
}

void ThroughputProbe::Add(const Observed& seen, const Input& input, Limits& limits) {
  quiet_ = seen.rejected ? 0 : quiet_ + 1;
  if (quiet_ >= 10) {
    no_growth_ = false;
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
  const double length =
      std::max(0.4, std::min(4 * input.no_load, std::max(2 * input.no_load, seen.deadline)));
  if (epoch_.span >= length) {
    Judge(input, limits);
  }
}

void ThroughputProbe::Down(double rate, Limits& limits) {
  const bool follows = rate < 0.95 * reference_;
  // At the floor nothing is left to try: lower still, throughput could never be seen to fall.
  const bool floor = limits.dependency <= limits.least;
  if (!follows) {
    current_ = std::max(limits.least, limits.dependency);
    reference_ = std::max(0.99 * reference_, rate);
  }
  if (follows || floor) {
    limits.dependency = current_;
    phase_ = Phase::kHold;
    left_ = options_.hold;
  } else {
    limits.dependency = std::max(limits.least, options_.down * current_);
  }
}

// The other limit must not stand in the way, or throughput could never be seen to rise.
void ThroughputProbe::TryUp(double dependency, Limits& limits) {
  limits.dependency = dependency;
  limits.own = std::min(options_.limit_max, std::max(limits.own, dependency));
  phase_ = Phase::kUp;
}

void ThroughputProbe::Judge(const Input& input, Limits& limits) {
  const double rate = epoch_.n / epoch_.span;
  const double own = epoch_.residence > 0 ? epoch_.own_time / epoch_.residence : 0;
  const bool bound = 2 * epoch_.rejecting >= epoch_.windows;
  if (epoch_.grew && limits.lim() > 1.2 * epoch_.lim_first && rate < 1.1 * rate_before_) {
    no_growth_ = true;
  }
  rate_before_ = rate;
  const bool grew = epoch_.grew;
  epoch_ = {};
  if (own > options_.own_max || !bound) {
    if (phase_ != Phase::kOff) {
      limits.own = std::max(limits.lim(), current_);
      Stop(limits);
    }
    return;
  }
  switch (phase_) {
    case Phase::kOff:
      if (!grew) {
        current_ = limits.lim();
        reference_ = rate;
        limits.own = options_.limit_max;
        TryUp(options_.up * current_, limits);
      }
      break;
    case Phase::kUp:
      if (rate > 1.1 * reference_) {
        if (input.no_load <= input.anchor) {
          limits.own = limits.dependency;
          Stop(limits);
        } else {
          current_ = limits.dependency;
          reference_ = rate;
          TryUp(options_.up * current_, limits);
        }
      } else {
        reference_ = std::max(reference_, rate);
        limits.dependency = std::max(limits.least, options_.down * current_);
        phase_ = Phase::kDown;
      }
      break;
    case Phase::kDown:
      Down(rate, limits);
      break;
    case Phase::kHold:
      if (--left_ <= 0) {
        reference_ = rate;
        TryUp(1.2 * current_, limits);
      }
      break;
  }
}

}  // namespace loadline::control
