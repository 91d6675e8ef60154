// SPDX-License-Identifier: Apache-2.0
// Goal: cells keep their width whatever is put in, and nothing that is put in steers the terminal.
#include "agent/demo/text_cells.h"

#include <gtest/gtest.h>

#include <array>

namespace loadline::demo {
namespace {

constexpr Style kPlain = {.width = 80, .height = 24, .color = false, .unicode = false};

constexpr std::array<BarPart, 4> Bar(int a, int b, int c, int d) {
  return {{{.count = a, .ink = Ink::kGood, .unicode = "█", .ascii = '#'},
           {.count = b, .ink = Ink::kWarn, .unicode = "▓", .ascii = '+'},
           {.count = c, .ink = Ink::kBad, .unicode = "▒", .ascii = 'x'},
           {.count = d, .ink = Ink::kFaint, .unicode = "░", .ascii = '.'}}};
}

TEST(TextCellsTest, PadsAndCuts) {
  EXPECT_EQ(Left("ab", 4), "ab  ");
  EXPECT_EQ(Right("ab", 4), "  ab");
  EXPECT_EQ(Left("abcdef", 4), "abcd");
  EXPECT_EQ(Right("abcdef", 4), "abcd");
  EXPECT_EQ(Left("abc", -1), "");
}

TEST(TextCellsTest, AThreadsNameCannotSteerTheTerminal) {
  EXPECT_EQ(Left("\x1b[2Jx", 6), "?[2Jx ");
}

TEST(TextCellsTest, InkIsLeftOutWhereThereIsNoColour) {
  EXPECT_EQ(Paint(Ink::kBad, "x", kPlain), "x");
  EXPECT_EQ(Paint(Ink::kBad, "x", Style{}), "\x1b[31mx\x1b[0m");
}

TEST(TextCellsTest, ABarIsAlwaysFull) {
  for (int working = 0; working < 50; ++working) {
    for (int waiting = 1; waiting < 50; ++waiting) {
      EXPECT_EQ(StackedBar(Bar(working, 1, waiting, 3), 16, kPlain).size(), 16U);
    }
  }
}

TEST(TextCellsTest, OneThreadAmongManyIsStillSeen) {
  EXPECT_EQ(StackedBar(Bar(1, 0, 199, 0), 10, kPlain), "#xxxxxxxxx");
}

TEST(TextCellsTest, ABarOfNothingIsEmpty) {
  EXPECT_EQ(StackedBar(Bar(0, 0, 0, 0), 10, kPlain), "");
}

TEST(TextCellsTest, ASparklineShowsTheNewestValues) {
  const std::array<double, 4> values = {100, 100, 50, 0};
  EXPECT_EQ(Sparkline(values, 100, 10, kPlain), "##=_");
  EXPECT_EQ(Sparkline(values, 100, 2, kPlain), "=_");
  EXPECT_EQ(Sparkline(values, 0, 2, kPlain), "__");
}

}  // namespace
}  // namespace loadline::demo
