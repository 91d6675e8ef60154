// SPDX-License-Identifier: Apache-2.0
// Goal: a number from outside is read by one rule: decimal, whole to its end, within its range.
#include "loadline/number.h"

#include <gtest/gtest.h>

#include <optional>

namespace loadline {
namespace {

constexpr NumberRange kPort{.least = 0, .most = 65535};
constexpr NumberRange kPercent{.least = 0.01, .most = 100, .whole = false};
constexpr NumberRange kSigned{.least = -5, .most = 5, .whole = false};

TEST(NumberTest, DigitsAreDecimalWhateverZerosLeadThem) {
  EXPECT_EQ(ReadNumber("0100", kPort), 100);
  EXPECT_EQ(ReadNumber("08", kPort), 8);
  EXPECT_EQ(ReadNumber("007.5", kPercent), 7.5);
  EXPECT_EQ(ReadNumber("0x64", kPort), std::nullopt);
  EXPECT_EQ(ReadNumber("0x1p2", kPercent), std::nullopt);
  EXPECT_EQ(ReadNumber("0b11", kPort), std::nullopt);
}

TEST(NumberTest, BothEndsBelongToTheRange) {
  EXPECT_EQ(ReadNumber("0", kPort), 0);
  EXPECT_EQ(ReadNumber("65535", kPort), 65535);
  EXPECT_EQ(ReadNumber("65536", kPort), std::nullopt);
  EXPECT_EQ(ReadNumber("-1", kPort), std::nullopt);
  EXPECT_EQ(ReadNumber("0.01", kPercent), 0.01);
  EXPECT_EQ(ReadNumber("0.0099", kPercent), std::nullopt);
  EXPECT_EQ(ReadNumber("100.0001", kPercent), std::nullopt);
  EXPECT_EQ(ReadNumber("-4.5", kSigned), -4.5);
}

TEST(NumberTest, WhatIsNoNumberIsRefused) {
  for (const char* text : {"", "-", " 1", "1 ", "+1", "1,5", "one", "1a", "--1", "nan", "NaN",
                           "inf", "-inf", "infinity", "e5", "1e", "99999999999999999999e999"}) {
    EXPECT_EQ(ReadNumber(text, kPort), std::nullopt) << text;
    EXPECT_EQ(ReadNumber(text, kPercent), std::nullopt) << text;
  }
}

TEST(NumberTest, OnlyRealNumbersHaveAFractionOrAnExponent) {
  EXPECT_EQ(ReadNumber("1.5", kPort), std::nullopt);
  EXPECT_EQ(ReadNumber("1e2", kPort), std::nullopt);
  EXPECT_EQ(ReadNumber(".5", kPercent), 0.5);
  EXPECT_EQ(ReadNumber("1e1", kPercent), 10);
}

TEST(NumberTest, TheRuleNamesKindAndRange) {
  EXPECT_EQ(NumberRule(kPort), "a whole number from 0 to 65535, in decimal digits");
  EXPECT_EQ(NumberRule(kPercent), "a number from 0.01 to 100, in decimal digits");
}

}  // namespace
}  // namespace loadline
