// SPDX-License-Identifier: Apache-2.0
// Goal: retries stay a tenth of the work, and a server can say no.
// Method: time by hand.
#include "loadline/control/retry_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace loadline::control {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

Clock::Time At(Clock::Duration t) { return Clock::Time{t}; }

TEST(RetryBudgetTest, RetriesAreATenthOfFirstAttempts) {
  RetryBudget budget = RetryBudget::Create({.floor_per_s = 0}).value();
  int retries = 0;
  for (int i = 0; i < 10'000; ++i) {
    budget.OnFirstAttempt(At(1ms * i));
    retries += budget.Retry(At(1ms * i), 1) ? 1 : 0;
  }
  EXPECT_NEAR(retries, 1000, 15);
}

TEST(RetryBudgetTest, ASmallClientHasAFloorWhileItCalls) {
  RetryBudget budget = RetryBudget::Create({.ratio = 0}).value();
  int retries = 0;
  for (int i = 0; i < 100; ++i) {
    budget.OnFirstAttempt(At(500ms * i));
    retries += budget.Retry(At(500ms * i), 1) ? 1 : 0;
    retries += budget.Retry(At(500ms * i), 2) ? 1 : 0;
  }
  EXPECT_NEAR(retries, 3 * 50, 12);  // Three per second.
  while (budget.Retry(At(50s), 1)) {
  }
  EXPECT_FALSE(budget.Retry(At(1000s), 1));  // No calls, no tokens.
}

TEST(RetryBudgetTest, BacksOffWithFullJitterWithinItsBounds) {
  RetryBudget budget =
      RetryBudget::Create({.ratio = 1, .tokens_max = 1e6, .attempts_max = 20}).value();
  Clock::Duration longest{};
  for (int i = 0; i < 1000; ++i) {
    const auto wait = budget.Retry(At(1ms), 3);
    ASSERT_TRUE(wait);
    ASSERT_LE(*wait, 200ms);
    longest = std::max(longest, *wait);
  }
  EXPECT_GT(longest, 190ms);
  EXPECT_LE(*budget.Retry(At(1ms), 19), 5000ms);
}

TEST(RetryBudgetTest, StopsAtTheLastAttemptAndWhenTheServerSaysNo) {
  RetryBudget budget = RetryBudget::Create().value();
  EXPECT_FALSE(budget.Retry(At(0ms), 3));
  EXPECT_FALSE(budget.Retry(At(0ms), 1, Clock::Duration{-1}));
  EXPECT_GE(*budget.Retry(At(0ms), 1, 700ms), 700ms);
}

TEST(PushbackTest, IsTheWaitForAPlaceAndNeverWhenMostIsShed) {
  EXPECT_EQ(Pushback(10ms, 40ms, 0), 40ms);
  EXPECT_EQ(Pushback(100ms, 40ms, 0.2), 100ms);
  EXPECT_EQ(Pushback(10ms, 40ms, 0.5), 80ms);
  EXPECT_LT(Pushback(10ms, 40ms, 0.51), 0ms);
}

TEST(RetryBudgetTest, OptionsAreRefusedOutOfRangeByName) {
  for (const auto& spec : RetryBudgetOptions::Specs()) {
    RetryBudgetOptions options;
    options.*spec.member = spec.max;
    EXPECT_TRUE(RetryBudget::Create(options).ok()) << spec.name;
    options.*spec.member = spec.min - 1;
    const std::string message(RetryBudget::Create(options).status().message());
    EXPECT_NE(message.find(std::string(spec.name) + ": "), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace loadline::control
