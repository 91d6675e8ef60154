// SPDX-License-Identifier: Apache-2.0
// Goal: a pool that waits is not in trouble, one that has nobody left is, and what cannot be told
// is not guessed. Method: counts of looks as data.
#include "agent/src/diagnosis/severity.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

SeverityFacts Ten(int none_free) {
  return {.looks = 10, .none_free = none_free, .awake = 10, .threads = 8, .active = 4};
}

TEST(SeverityTest, NobodyFreeForMostOfTheTimeIsExhaustedWhereWorkersAreKnownToRest) {
  SeverityFacts facts = Ten(6);
  facts.rests = true;
  EXPECT_EQ(SeverityOf(facts), Severity::kExhausted);
  facts.none_free = 5;
  EXPECT_EQ(SeverityOf(facts), Severity::kTight);
  facts.none_free = 0;
  EXPECT_EQ(SeverityOf(facts), Severity::kAmple);
}

TEST(SeverityTest, NobodyFreeIsUnknownWhereNobodyIsSeenToWait) {
  EXPECT_EQ(SeverityOf(Ten(10)), Severity::kUnknown);
}

TEST(SeverityTest, ConnectionsThatItTookAreDemand) {
  SeverityFacts facts = Ten(10);
  facts.clients = true;
  EXPECT_EQ(SeverityOf(facts), Severity::kExhausted);
}

TEST(SeverityTest, APoolThatMostlyRunsIsABatchUnlessWorkWaits) {
  SeverityFacts facts = Ten(10);
  facts.ran_share = 0.9;
  EXPECT_EQ(SeverityOf(facts), Severity::kBusy);
  facts.waited_for = 5;
  EXPECT_EQ(SeverityOf(facts), Severity::kExhausted);
}

TEST(SeverityTest, WorkThatWaitsWhileNobodyWakesIsStuck) {
  SeverityFacts facts = Ten(10);
  facts.awake = 0;
  facts.waited_for = 10;
  EXPECT_EQ(SeverityOf(facts), Severity::kStuck);
  facts.waited_for = 0;
  EXPECT_NE(SeverityOf(facts), Severity::kStuck);
}

TEST(SeverityTest, WaitsOfWhichNobodyKnowsLeaveItUnknown) {
  SeverityFacts facts = Ten(10);
  facts.rests = true;
  facts.undecided = 9;
  EXPECT_EQ(SeverityOf(facts), Severity::kUnknown);
}

TEST(SeverityTest, AThreadOfItsOwnIsExhaustedOnlyWithDemand) {
  SeverityFacts facts = Ten(10);
  facts.threads = 1;
  facts.clients = facts.rests = true;
  EXPECT_EQ(SeverityOf(facts), Severity::kUnknown);
  facts.waited_for = 10;
  EXPECT_EQ(SeverityOf(facts), Severity::kExhausted);
}

TEST(SeverityTest, WhoRestsIsAmple) {
  SeverityFacts facts = Ten(10);
  facts.active = 0.01;
  facts.rests = true;
  EXPECT_EQ(SeverityOf(facts), Severity::kAmple);
}

}  // namespace
}  // namespace loadline::agent
