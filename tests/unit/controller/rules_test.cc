// SPDX-License-Identifier: Apache-2.0
// Goal: what comes in from outside is refused in one form, at the edges of each rule and not
// before.
#include "loadline/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <string>

#include "loadline/control/option.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;
using ::testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(RulesTest, ARefusalNamesFieldValueAndRule) {
  EXPECT_EQ(Message(MustBe("a.b", 1000001, "at most 1")), "a.b: 1000001 must be at most 1");
  EXPECT_EQ(Message(MustBe("a", 0.1, "whole")), "a: 0.1 must be whole");
  EXPECT_EQ(Message(MustBe("a", -1ms, "at least 0")), "a: -1 ms must be at least 0");
  EXPECT_EQ(Message(MustBe("a", "x", "y")), "a: \"x\" must be y");
  EXPECT_EQ(MustBe("a", "x", "y").code(), absl::StatusCode::kInvalidArgument);
}

TEST(RulesTest, TextFromOutsideCannotForgeALineNorFillALog) {
  EXPECT_EQ(Message(MustBe("a", "line\nfeed\"", "y")), "a: \"line\\nfeed\\\"\" must be y");
  EXPECT_LT(Message(MustBe("a", std::string(1'000'000, '\1'), "y")).size(), 5 * kNameMax);
}

TEST(RulesTest, ANameIsPrintableAndShort) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool good = byte > ' ' && byte < 0x7f && c != '"' && c != '\\';
    EXPECT_EQ(CheckName("name", std::string("a") + c).ok(), good) << byte;
  }
  EXPECT_TRUE(CheckName("name", std::string(kNameMax, 'x')).ok());
  EXPECT_FALSE(CheckName("name", std::string(kNameMax + 1, 'x')).ok());
  EXPECT_THAT(Message(CheckName("pool name", "")), HasSubstr("pool name: \"\" must be 1 to 64 "));
}

std::string OfBounds(const Bounds& bounds) {
  return Message(CheckBounds("pool \"p\"", "threads", bounds, 1, 100));
}

TEST(RulesTest, BoundsAreInOrderAndInRange) {
  EXPECT_EQ(OfBounds({.min = 1, .initial = 1, .max = 1}), "");
  EXPECT_EQ(OfBounds({.min = 1, .initial = 100, .max = 100}), "");
  EXPECT_EQ(OfBounds({.min = 0, .initial = 1, .max = 1}),
            "pool \"p\": threads_min: 0 must be in [1, 100]");
  EXPECT_EQ(OfBounds({.min = 2, .initial = 2, .max = 1}),
            "pool \"p\": threads_max: 1 must be in [2, 100], from threads_min");
  EXPECT_EQ(OfBounds({.min = 2, .initial = 2, .max = 101}),
            "pool \"p\": threads_max: 101 must be in [2, 100], from threads_min");
  EXPECT_EQ(OfBounds({.min = 2, .initial = 6, .max = 5}),
            "pool \"p\": threads_initial: 6 must be in [2, 5], from threads_min to threads_max");
  EXPECT_EQ(Message(CheckBounds("l", "limit", {.min = 2, .initial = 2, .max = 1e300}, 1)), "");
  EXPECT_EQ(Message(CheckBounds("l", "limit", {.min = 2, .initial = 2, .max = INFINITY}, 1)),
            "l: limit_max: inf must be finite and at least 2, from limit_min");
  EXPECT_NE(OfBounds({.min = std::nan(""), .initial = 1, .max = 1}), "");
  EXPECT_NE(OfBounds({.min = 1, .initial = std::nan(""), .max = 1}), "");
  EXPECT_NE(OfBounds({.min = 1, .initial = 1, .max = std::nan("")}), "");
}

struct Sound {
  double part = 0.5;
  static constexpr auto Specs() {
    return std::to_array<control::OptionSpec<Sound>>({{"part", &Sound::part, 0, 1, "half"}});
  }
};
struct Forgotten {
  double part = 0.5, other = 1;
  static constexpr auto Specs() {
    return std::to_array<control::OptionSpec<Forgotten>>(
        {{"part", &Forgotten::part, 0, 1, "half"}});
  }
};
struct Outside {
  double part = 1.5;
  static constexpr auto Specs() {
    return std::to_array<control::OptionSpec<Outside>>({{"part", &Outside::part, 0, 1, "half"}});
  }
};
struct Twice {
  double part = 0.5, other = 0.5;
  static constexpr auto Specs() {
    return std::to_array<control::OptionSpec<Twice>>(
        {{"part", &Twice::part, 0, 1, "half"}, {"other", &Twice::part, 0, 1, "half"}});
  }
};

TEST(OptionSpecTest, ATableThatForgetsOrContradictsDoesNotCompile) {
  static_assert(control::SpecsAreWhole<Sound>());
  static_assert(!control::SpecsAreWhole<Forgotten>());
  static_assert(!control::SpecsAreWhole<Outside>());
  static_assert(!control::SpecsAreWhole<Twice>());
}

}  // namespace
}  // namespace loadline
