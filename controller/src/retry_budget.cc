// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/retry_budget.h"

#include <algorithm>

#include "exact_math.h"
#include "loadline/random.h"
#include "seconds.h"

namespace loadline::control {
absl::StatusOr<RetryBudget> RetryBudget::Create(const RetryBudgetOptions& options) {
  if (absl::Status status = CheckOptions("retry budget", options); !status.ok()) {
    return status;
  }
  return RetryBudget(options);
}

RetryBudget::RetryBudget(const RetryBudgetOptions& options)
    : options_(options),
      random_(static_cast<std::uint64_t>(options.seed)),
      tokens_(options.tokens_max) {}

void RetryBudget::Refill(Clock::Time now) {
  if (refilled_at_ && attempted_at_ && SecondsBetween(*attempted_at_, now) <= 1) {
    tokens_ += options_.floor_per_s * std::min(1.0, SecondsBetween(*refilled_at_, now));
    tokens_ = std::min(tokens_, options_.tokens_max);
  }
  refilled_at_ = now;
}

void RetryBudget::OnFirstAttempt(Clock::Time now) {
  Refill(now);
  attempted_at_ = now;
  tokens_ = std::min(tokens_ + options_.ratio, options_.tokens_max);
}

std::optional<Clock::Duration> RetryBudget::Retry(Clock::Time now, int attempt,
                                                  std::optional<Clock::Duration> pushback) {
  Refill(now);
  const bool refused = pushback && *pushback < Clock::Duration::zero();
  if (refused || attempt >= options_.attempts_max || tokens_ < 1) {
    return std::nullopt;
  }
  tokens_ -= 1;
  const double most =
      std::min(options_.backoff_max_ms, options_.backoff_ms * Exp2(std::clamp(attempt, 1, 61) - 1));
  const Clock::Duration wait = Nanoseconds(Random(random_++).Uniform() * most / 1000);
  return pushback ? std::max(wait, *pushback) : wait;
}

Clock::Duration Pushback(Clock::Duration queue_bound, Clock::Duration no_load,
                         double shed_fraction) {
  if (shed_fraction > 0.5) {
    return Clock::Duration{-1};
  }
  const double admitted = 1 - std::max(0.0, shed_fraction);
  return Nanoseconds(
      std::max(BoundedSeconds(queue_bound), BoundedSeconds(no_load) / std::max(admitted, 0.5)));
}

}  // namespace loadline::control
