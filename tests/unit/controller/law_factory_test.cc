// SPDX-License-Identifier: Apache-2.0
// Goal: every option of every law has a default that works, can be overridden, and is refused out
// of its range with its name, value and rule. Method: the option table itself drives the cases, so
// that no option can be forgotten.
#include "loadline/control/law_factory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace loadline::control {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LawFactoryTest, MakesEachLawByNameWithDefaults) {
  for (const std::string_view name : LawNames()) {
    const auto law = MakeLaw(name);
    ASSERT_TRUE(law.ok()) << law.status();
    EXPECT_EQ((*law)->name(), name);
    EXPECT_GE((*law)->decision().limit, 1);
  }
}

TEST(LawFactoryTest, TakesEachOptionAtBothEndsOfItsRange) {
  for (const std::string_view name : LawNames()) {
    for (const OptionInfo& option : LawOptions(name)) {
      for (const double value : {option.min, option.initial, option.max}) {
        OptionMap options = {{std::string(option.name), value}};
        if (option.name == "limit_min") {
          options["limit_max"] = 1e6;
        } else if (option.name == "limit_max") {
          options["limit_min"] = 1;
        } else if (option.name == "limit_initial") {
          options.merge(OptionMap{{"limit_min", 1}, {"limit_max", 1e6}});
        }
        const auto law = MakeLaw(name, options);
        EXPECT_TRUE(law.ok()) << name << " " << option.name << " " << value << law.status();
      }
    }
  }
}

TEST(LawFactoryTest, RefusesEachOptionOutOfItsRangeByName) {
  for (const std::string_view name : LawNames()) {
    for (const OptionInfo& option : LawOptions(name)) {
      for (const double value : {option.min - 1, option.max * 1.01 + 1, std::nan(""),
                                 std::numeric_limits<double>::infinity()}) {
        const auto law = MakeLaw(name, {{std::string(option.name), value}});
        ASSERT_FALSE(law.ok()) << name << " " << option.name << " " << value;
        EXPECT_THAT(std::string(law.status().message()),
                    AllOf(HasSubstr(std::string(name)), HasSubstr(std::string(option.name)),
                          HasSubstr("must be")));
      }
    }
  }
}

TEST(LawFactoryTest, SaysWhyEachDefaultIsWhatItIs) {
  for (const std::string_view name : LawNames()) {
    for (const OptionInfo& option : LawOptions(name)) {
      EXPECT_FALSE(option.why.empty()) << name << " " << option.name;
      EXPECT_GE(option.initial, option.min) << name << " " << option.name;
      EXPECT_LE(option.initial, option.max) << name << " " << option.name;
    }
  }
  EXPECT_THAT(LawOptions("nonesuch"), IsEmpty());
}

TEST(LawFactoryTest, NamesTheKnownLawsAndOptionsWhenOneIsNot) {
  EXPECT_THAT(std::string(MakeLaw("kernal").status().message()),
              AllOf(HasSubstr("kernal"), HasSubstr("kernel, ")));
  EXPECT_THAT(std::string(MakeLaw("kernel", {{"limitmax", 3}}).status().message()),
              AllOf(HasSubstr("limitmax"), HasSubstr("limit_max")));
}

TEST(LawFactoryTest, RefusesBoundsThatCross) {
  EXPECT_THAT(
      std::string(MakeLaw("kernel", {{"limit_min", 50}, {"limit_max", 10}}).status().message()),
      HasSubstr("limit_max: 10 must be in [50, 1000000], from limit_min"));
  EXPECT_THAT(
      std::string(MakeLaw("kernel", {{"limit_max", 10}, {"limit_initial", 11}}).status().message()),
      HasSubstr("limit_initial: 11 must be in [2, 10]"));
}

TEST(LawFactoryTest, StartsInsideNarrowBoundsUnlessToldOtherwise) {
  EXPECT_EQ(MakeLaw("kernel", {{"limit_max", 10}}).value()->decision().limit, 10);
}

}  // namespace
}  // namespace loadline::control
