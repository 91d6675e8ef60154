// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/shedder.h"

#include <algorithm>
#include <cstddef>

#include "loadline/random.h"
#include "seconds.h"

namespace loadline::control {
absl::StatusOr<Shedder> Shedder::Create(const ShedderOptions& options) {
  if (absl::Status status = CheckOptions("shedder", options); !status.ok()) {
    return status;
  }
  return Shedder(options);
}

Shedder::Shedder(const ShedderOptions& options)
    : options_(options), random_(static_cast<std::uint64_t>(options.seed)) {}

bool Shedder::Offer(int level) {
  level = std::clamp(level, 0, kLevels - 1);
  std::int16_t& slot = recent_[static_cast<std::size_t>(next_)];
  if (filled_ == kRemembered) {
    --histogram_[static_cast<std::size_t>(slot)];
  } else {
    ++filled_;
  }
  slot = static_cast<std::int16_t>(level);
  ++histogram_[static_cast<std::size_t>(level)];
  next_ = (next_ + 1) % kRemembered;
  if (level != boundary_) {
    return level < boundary_;
  }
  Random dice(random_++);
  return dice.Uniform() < pass_;
}

void Shedder::PlaceBoundary() {
  boundary_ = kLevels;
  pass_ = 1;
  if (!(shed_ > 0) || filled_ == 0) {
    return;
  }
  double left = (1 - shed_) * filled_;  // Of the remembered, so many may pass.
  for (int level = 0; level < kLevels; ++level) {
    const double here = histogram_[static_cast<std::size_t>(level)];
    if (here > left) {
      boundary_ = level;
      pass_ = left / here;
      return;
    }
    left -= here;
  }
}

void Shedder::OnTick(const Tick& tick) {
  const double offered = tick.offered > 0 ? std::min(tick.offered, 1e12) : 0;
  const double capacity = tick.capacity > 0 ? std::min(tick.capacity, 1e12) : 0;
  const double excess =
      tick.limited && offered > 0 ? std::max(0.0, 1 - options_.margin * capacity / offered) : 0;
  const double bound = std::max(BoundedSeconds(tick.bound), 1e-4);
  const double error = std::clamp((BoundedSeconds(tick.sojourn) - bound) / bound, -1.0, 4.0);
  const double steps = std::min(BoundedSeconds(tick.span) / 0.1, 10.0);
  integral_ = std::clamp(integral_ + options_.gain * error * steps, -options_.integral_max,
                         options_.integral_max);
  shed_ = std::clamp(excess + integral_, 0.0, options_.shed_max);
  PlaceBoundary();
}

}  // namespace loadline::control
