// SPDX-License-Identifier: Apache-2.0
// Goal: a moment of the past is read as a person means it, or refused with value and rule.
// Method: one given now, in a zone with summer time.
#include "agent/cli/explain_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace loadline::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Three and a half hours east of Greenwich, as the local zone of a test must not matter.
const absl::TimeZone kZone = absl::FixedTimeZone(3 * 3600 + 1800);
const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2026, 12, 1, 3, 20, 0), kZone);

std::string Read(std::string_view text) {
  const absl::StatusOr<absl::Time> time = ReadPastTime("--at", text, kNow, kZone);
  return time.ok() ? absl::FormatTime("%Y-%m-%d %H:%M:%S", *time, kZone)
                   : std::string(time.status().message());
}

TEST(ExplainTimeTest, ATimeOfDayIsTheLastThatWas) {
  EXPECT_EQ(Read("03:12"), "2026-12-01 03:12:00");
  EXPECT_EQ(Read("03:12:30"), "2026-12-01 03:12:30");
  EXPECT_EQ(Read("03:20"), "2026-12-01 03:20:00");
  EXPECT_EQ(Read("03:21"), "2026-11-30 03:21:00");
  EXPECT_EQ(Read("23:59"), "2026-11-30 23:59:00");
}

TEST(ExplainTimeTest, ADateHasSecondsOrNone) {
  EXPECT_EQ(Read("2026-12-01T03:12"), "2026-12-01 03:12:00");
  EXPECT_EQ(Read("2026-11-30 03:12:07"), "2026-11-30 03:12:07");
}

TEST(ExplainTimeTest, AnAgeIsCountedFromNow) {
  for (const std::string_view text : {"15m", "-15m", "15m ago", "900s", "0h15m"}) {
    EXPECT_EQ(Read(text), "2026-12-01 03:05:00") << text;
  }
  EXPECT_EQ(Read("1h30m"), "2026-12-01 01:50:00");
}

TEST(ExplainTimeTest, AllElseIsRefusedWithValueAndRule) {
  for (const std::string_view text : {"",
                                      "-",
                                      "ago",
                                      "soon",
                                      "3:12",
                                      "24:00",
                                      "03:60",
                                      "03:12:60",
                                      "12",
                                      "15",
                                      "15 m",
                                      "15ms",
                                      "m",
                                      "--15m",
                                      "-15m agoago",
                                      "2026-12-01T03:21",
                                      "2026-12-01",
                                      "2026-13-01T03:12",
                                      "1969-01-01T00:00",
                                      "99999999999999999999h",
                                      "1.5h",
                                      "03:12\n",
                                      "inf"}) {
    EXPECT_THAT(Read(text), StartsWith("--at: \"")) << text;
    EXPECT_THAT(Read(text), HasSubstr("must be a time that has been, such as 03:12"));
  }
  EXPECT_THAT(Read("soon"), StartsWith("--at: \"soon\" must"));
}

}  // namespace
}  // namespace loadline::cli
