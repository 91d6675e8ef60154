// SPDX-License-Identifier: Apache-2.0
#include "rules/throughput_probe.h"

#include <algorithm>

namespace loadline::control {
Proposal ThroughputProbe::Stop() {
  phase_ = ProbePhase::kOff;
  full_ = false;
  judged_ = false;
  epoch_ = {};
  return {.dependency = Proposal::kNoBound};
}

Proposal ThroughputProbe::Try(ProbePhase phase, double limit, const Standing& standing) {
  phase_ = phase;
  full_ |= phase != ProbePhase::kUp;
  epoch_ = {};
  waited_ = 0;
  settled_ = 0;
  const double dependency = std::max(standing.least, limit);
  // The other limit must not stand in the way, or throughput could never be seen to rise.
  return {.floor = dependency,
          .ceiling = options_.limit_max,
          .reason = phase == ProbePhase::kUp ? Reason::kProbe : Reason::kDependency,
          .evidence = {.name = "reference_rate", .value = reference_},
          .dependency = dependency};
}

Proposal ThroughputProbe::Suspect(const Suspicion& suspicion, const Standing& standing) {
  // Once an epoch has shown what less does, throughput that fell with the limit is no reason for
  // yet less.
  const double cap = suspicion.limit;
  if (judged_ || !(standing.dependency > cap)) {
    return {};
  }
  current_ = phase_ == ProbePhase::kOff ? cap : std::min(current_, cap);
  reference_ = suspicion.rate;
  tried_down_ = false;
  return Try(ProbePhase::kDown, cap, standing);
}

// True as long as what completes was admitted under another limit.
bool ThroughputProbe::Settling(const Observed& window, double lim) {
  const double most = options_.probe_settle * window.residence;
  const bool followed = phase_ == ProbePhase::kUp ? window.in_flight >= kUpFollowed * lim
                                                  : window.in_flight <= kDownFollowed * lim;
  if (settled_ <= 0 && !followed && waited_ < kPatience * most) {
    waited_ += window.span;
    return true;
  }
  if (settled_ < most) {
    settled_ += window.span;
    return true;
  }
  return false;
}

Proposal ThroughputProbe::OnWindow(const Observation& now, const Observed& window,
                                   const Standing& standing) {
  quiet_ = window.rejected ? 0 : quiet_ + 1;
  if (quiet_ >= kQuietWindows) {
    no_growth_ = false;
  }
  const double lim = standing.lim();
  if (phase_ != ProbePhase::kOff && Settling(window, lim)) {
    return {};
  }
  if (epoch_.windows == 0) {
    epoch_.lim_first = lim;
  }
  epoch_.span += window.span;
  epoch_.n += window.n;
  epoch_.residence += window.n * window.residence;
  epoch_.own_time += window.n * window.residence * now.residence.own();
  epoch_.windows += 1;
  epoch_.rejecting += window.pressed ? 1 : 0;
  epoch_.grew |= standing.doubled;
  const double no_load = now.residence.no_load();
  const double length = phase_ == ProbePhase::kOff
                            ? std::min(kEpochResidencesMost * no_load,
                                       std::max(kEpochResidences * no_load, window.deadline))
                            : no_load;
  if (epoch_.span < std::max(kEpochLeast, length)) {
    return {};
  }
  return Judge(now, standing);
}

// Between what throughput gains if the dependency is full at current_ and if it is not full at all.
bool ThroughputProbe::Follows(double rate, double lim) const {
  const double if_free = lim / before_.lim;
  const double if_full = std::clamp(current_ / before_.lim, 1.0, if_free);
  return rate > before_.rate * (if_full + kFollows * (if_free - if_full));
}

Proposal ThroughputProbe::Up(const Point& point, const Observation& now, const Standing& standing) {
  if (!Follows(point.rate, point.lim)) {
    if (tried_down_) {
      return Hold(standing);
    }
    reference_ = std::max(reference_, point.rate);
    return Try(ProbePhase::kDown, options_.probe_down * current_, standing);
  }
  const bool as_long = point.residence <= kAsLong * before_.residence;
  if (as_long || now.residence.no_load() <= now.reference.most()) {
    Proposal proposal = Stop();
    proposal.floor = proposal.ceiling = standing.dependency;
    proposal.own_residence = as_long ? now.residence.no_load_now() : 0;
    return proposal;
  }
  current_ = point.lim;
  reference_ = point.rate;
  tried_down_ = false;
  return Try(ProbePhase::kUp, options_.probe_up * current_, standing);
}

Proposal ThroughputProbe::Down(const Point& point, const Standing& standing) {
  if (point.rate >= kLoss * reference_) {
    current_ = point.lim;
    reference_ = std::max(kForget * reference_, point.rate);
    if (point.lim > standing.least) {
      return Try(ProbePhase::kDown, options_.probe_down * current_, standing);
    }
    return Hold(standing);  // Lower still, throughput could never be seen to fall.
  }
  tried_down_ = true;
  return Try(ProbePhase::kUp, kOverFull * current_, standing);
}

Proposal ThroughputProbe::Hold(const Standing& standing) {
  tried_down_ = false;
  left_ = options_.probe_hold;
  return Try(ProbePhase::kHold, current_, standing);
}

Proposal ThroughputProbe::Judge(const Observation& now, const Standing& standing) {
  const Point point{.lim = standing.lim(),
                    .rate = epoch_.n / epoch_.span,
                    .residence = epoch_.residence / std::max(1.0, epoch_.n)};
  const double own = epoch_.residence > 0 ? epoch_.own_time / epoch_.residence : 0;
  const bool bound = 2 * epoch_.rejecting >= epoch_.windows;
  if (epoch_.grew && point.lim > kGrown * epoch_.lim_first && point.rate < kGained * rate_before_) {
    no_growth_ = true;
  }
  rate_before_ = point.rate;
  const bool grew = epoch_.grew;
  epoch_ = {};
  judged_ = phase_ == ProbePhase::kDown || phase_ == ProbePhase::kHold;
  if (own > options_.own_max || !bound) {
    if (phase_ == ProbePhase::kOff) {
      return {};
    }
    Proposal proposal = Stop();
    proposal.floor = proposal.ceiling = std::max(point.lim, current_);
    return proposal;
  }
  Proposal proposal;
  switch (phase_) {
    case ProbePhase::kOff:
      if (!grew) {
        current_ = point.lim;
        reference_ = point.rate;
        tried_down_ = false;
        proposal = Try(ProbePhase::kUp, options_.probe_up * current_, standing);
        proposal.floor = options_.limit_max;
      }
      break;
    case ProbePhase::kUp:
      proposal = Up(point, now, standing);
      break;
    case ProbePhase::kDown:
      proposal = Down(point, standing);
      break;
    case ProbePhase::kHold:
      if (--left_ <= 0) {
        reference_ = point.rate;
        proposal = Try(ProbePhase::kUp, kOverFull * current_, standing);
      }
      break;
  }
  before_ = point;
  return proposal;
}

void ThroughputProbe::Tell(Standing& standing) const {
  standing.phase = phase_;
  standing.full = full_;
  standing.no_growth = no_growth_;
  standing.probe_limit = current_;
  standing.reference_rate = reference_;
}

}  // namespace loadline::control
