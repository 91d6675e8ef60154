// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "loadline/clock.h"
#include "loadline/control/option.h"

namespace loadline::control {

// Options of a retry budget.
struct RetryBudgetOptions {
  double ratio = 0.1;  // Tokens per first attempt.
  double tokens_max = 10;
  double floor_per_s = 3;  // While there is at least one attempt per second.
  double backoff_ms = 50;
  double backoff_max_ms = 5000;
  double attempts_max = 3;  // The first included.
  double seed = 1;

  static constexpr auto Specs() {
    using O = RetryBudgetOptions;
    return std::to_array<OptionSpec<O>>({
        {"ratio", &O::ratio, 0, 1, "an outage sees a tenth more work, not thrice as much"},
        {"tokens_max", &O::tokens_max, 0, 1e6, "a burst of failures may be retried once"},
        {"floor_per_s", &O::floor_per_s, 0, 1e6, "a client with little traffic may retry too"},
        {"backoff_ms", &O::backoff_ms, 0, 60000, "about a residence"},
        {"backoff_max_ms", &O::backoff_max_ms, 0, 3600000, "longer than users wait"},
        {"attempts_max", &O::attempts_max, 1, 100, "SRE book: three per request"},
        {"seed", &O::seed, 0, 1e15, "of the jitter: give each client its own"},
    });
  }
};
static_assert(SpecsAreWhole<RetryBudgetOptions>());

// Bounds retries to a share of first attempts, so that they cannot keep an outage alive.
//
//     if (const auto wait = budget.Retry(now, attempt, pushback)) { /* again after *wait */ }
//
// Thread safety: none. The owner serializes calls.
//
// Source: Finagle RetryBudget; gRPC A6 (pushback); full jitter as in the AWS architecture blog.
class RetryBudget {
 public:
  static absl::StatusOr<RetryBudget> Create(const RetryBudgetOptions& options = {});

  void OnFirstAttempt(Clock::Time now);

  // How long to wait before the next attempt; nullopt: do not retry. `attempt` >= 1 has just
  // failed. `pushback`: what the server asked for; negative means never again.
  std::optional<Clock::Duration> Retry(Clock::Time now, int attempt,
                                       std::optional<Clock::Duration> pushback = std::nullopt);

  double tokens() const { return tokens_; }

 private:
  explicit RetryBudget(const RetryBudgetOptions& options);
  void Refill(Clock::Time now);

  RetryBudgetOptions options_;
  std::uint64_t random_;
  double tokens_;
  std::optional<Clock::Time> refilled_at_;
  std::optional<Clock::Time> attempted_at_;
};

// What a refusal tells its caller: come back after this. Negative: do not retry.
//
// The wait is that for a place, max(queue bound, residence / probability of admission); and above
// half of the work shed, one retry in two would be refused again, so there is none.
Clock::Duration Pushback(Clock::Duration queue_bound, Clock::Duration no_load,
                         double shed_fraction);

}  // namespace loadline::control
