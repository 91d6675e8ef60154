// SPDX-License-Identifier: Apache-2.0
// Goal: text keeps to its width, whatever it holds.
// Method: cases by hand.
#include "agent/cli/text_wrap.h"

#include <gtest/gtest.h>

namespace loadline::cli {
namespace {

TEST(TextWrapTest, LinesAfterTheFirstAreIndentedAsTheFirst) {
  EXPECT_EQ(Wrapped(" 1  ", "one two three four", 12),
            " 1  one two\n"
            "    three\n"
            "    four\n");
}

TEST(TextWrapTest, ALineMayBeAsLongAsTheWidth) {
  EXPECT_EQ(Wrapped("", "four five", 9), "four five\n");
  EXPECT_EQ(Wrapped("", "four five", 8), "four\nfive\n");
}

TEST(TextWrapTest, BlanksStayWithinALineOnly) {
  EXPECT_EQ(Wrapped("", "a  b", 80), "a  b\n");
  EXPECT_EQ(Wrapped("", "aaaa  b", 5), "aaaa\nb\n");
}

TEST(TextWrapTest, AWordLongerThanALineStaysWhole) {
  EXPECT_EQ(Wrapped("- ", "a /run/some/long.sock b", 8), "- a\n  /run/some/long.sock\n  b\n");
}

TEST(TextWrapTest, ColoursTakeNoColumnsAndLettersOne) {
  EXPECT_EQ(Wrapped("", "\x1b[31mfour\x1b[0m five", 9), "\x1b[31mfour\x1b[0m five\n");
  EXPECT_EQ(Wrapped("", "größe fünf", 10), "größe fünf\n");
}

TEST(TextWrapTest, NothingIsALine) { EXPECT_EQ(Wrapped("x", "", 5), "x\n"); }

}  // namespace
}  // namespace loadline::cli
