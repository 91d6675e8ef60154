// SPDX-License-Identifier: Apache-2.0
// Goal: looks compare threads for as long as an event that the kernel left out may show, and no
// longer, since that doubles their price. Method: counts as the kernel tells them.
#include <gtest/gtest.h>

#include "agent/src/kernel/left_out_watch.h"

namespace loadline::agent {
namespace {

int ReadingsThatCompare(LeftOutWatch& watch, std::uint64_t count) {
  int readings = 0;
  while (watch.Of(count)) {
    ++readings;
  }
  return readings;
}

TEST(LeftOutWatchTest, NothingIsComparedWhereNothingIsLeftOut) {
  LeftOutWatch watch;
  EXPECT_EQ(ReadingsThatCompare(watch, 0), 0);
}

TEST(LeftOutWatchTest, SomeReadingsCompareAfterEachGrowth) {
  LeftOutWatch watch;
  EXPECT_EQ(ReadingsThatCompare(watch, 3), LeftOutWatch::kReadings);
  EXPECT_EQ(ReadingsThatCompare(watch, 3), 0);
  EXPECT_TRUE(watch.Of(4));
  EXPECT_EQ(ReadingsThatCompare(watch, 5), LeftOutWatch::kReadings);
}

}  // namespace
}  // namespace loadline::agent
