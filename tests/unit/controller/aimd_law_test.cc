// SPDX-License-Identifier: Apache-2.0
// Goal: law `aimd` does what the table in its header says.
// Method: one window per line of the table.
#include "loadline/control/aimd_law.h"

#include <gtest/gtest.h>

namespace loadline::control {
namespace {

using std::chrono_literals::operator""ms;

Window Tick(int completed, Clock::Duration latency, int in_flight) {
  Window w;
  w.span = 100ms;
  w.deadline = 250ms;
  w.completed = completed;
  w.in_flight_max = in_flight;
  w.latency_sum = latency * completed;
  return w;
}

TEST(AimdLawTest, AddsOnePerLimitManyCompletions) {
  const auto law = MakeAimdLaw().value();
  const Decision d = law->OnTick(Tick(20, 10ms, 20));
  EXPECT_NEAR(d.limit, 21, 0.05);
  EXPECT_EQ(d.reason, Reason::kHealthy);
}

TEST(AimdLawTest, HoldsWhenFewerThanHalfOfThePlacesWereInUse) {
  const auto law = MakeAimdLaw().value();
  EXPECT_EQ(law->OnTick(Tick(20, 10ms, 9)), (Decision{.limit = 20, .reason = Reason::kAppLimited}));
}

TEST(AimdLawTest, CutsATenthOncePerResidenceWhenSlow) {
  const auto law = MakeAimdLaw({.limit_initial = 100}).value();
  EXPECT_NEAR(law->OnTick(Tick(20, 300ms, 100)).limit, 90, 1e-9);
  EXPECT_NEAR(law->OnTick(Tick(20, 300ms, 90)).limit, 90, 1e-9);
  law->OnTick(Tick(20, 300ms, 90));
  const Decision d = law->OnTick(Tick(20, 300ms, 90));
  EXPECT_NEAR(d.limit, 81, 1e-9);
  EXPECT_EQ(d.reason, Reason::kSlow);
}

TEST(AimdLawTest, CutsWhenWorkIsDropped) {
  const auto law = MakeAimdLaw({.limit_initial = 100, .backoff = 0.5}).value();
  Window w = Tick(20, 10ms, 100);
  w.dropped = 1;
  EXPECT_EQ(law->OnTick(w), (Decision{.limit = 50, .reason = Reason::kDropped}));
}

TEST(AimdLawTest, TakesItsOwnTimeoutBeforeTheDeadline) {
  const auto law = MakeAimdLaw({.limit_initial = 100, .timeout_ms = 50}).value();
  EXPECT_EQ(law->OnTick(Tick(20, 60ms, 100)).reason, Reason::kSlow);
}

TEST(AimdLawTest, WithWindowsAddsOnePerWindow) {
  const auto law = MakeAimdLaw({.window_ms = 1000}).value();
  for (int i = 0; i < 30; ++i) {
    law->OnTick(Tick(20, 10ms, 20));
  }
  EXPECT_EQ(law->decision().limit, 23);
}

TEST(AimdLawTest, StopsAtItsBounds) {
  const auto law = MakeAimdLaw({.limit_initial = 200}).value();
  EXPECT_EQ(law->OnTick(Tick(20, 10ms, 200)), (Decision{.limit = 200, .reason = Reason::kCap}));
  for (int i = 0; i < 100; ++i) {
    law->OnTick(Tick(1, 300ms, 200));
  }
  EXPECT_EQ(law->decision().limit, 20);
}

}  // namespace
}  // namespace loadline::control
