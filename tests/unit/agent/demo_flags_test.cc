// SPDX-License-Identifier: Apache-2.0
// Goal: every flag has its default, its override, and an error that names it when it is wrong.
#include "agent/demo/demo_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "CLI/CLI.hpp"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DemoFlagsTest : public ::testing::Test {
 protected:
  // The message of the error, or "".
  std::string Parse(std::vector<std::string> arguments) {
    CLI::App app;
    flags_ = {};
    flags_.AddTo(app);
    std::ranges::reverse(arguments);  // As CLI11 wants them.
    try {
      app.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  }

  DemoFlags flags_;
};

TEST_F(DemoFlagsTest, Defaults) {
  EXPECT_EQ(Parse({}), "");
  const DemoOptions options = flags_.ToOptions();
  EXPECT_EQ(options.total, 90s);
  EXPECT_THAT(options.modes, ElementsAre(RunMode::kFixed, RunMode::kLoadline));
  EXPECT_EQ(options.independent_per_second, 150);
  EXPECT_EQ(options.dependent_per_second, 100);
  EXPECT_FALSE(options.json);
  EXPECT_FALSE(options.keep);
  EXPECT_FALSE(options.postgres);
}

TEST_F(DemoFlagsTest, Overrides) {
  EXPECT_EQ(Parse({"--seconds=28", "--mode=fixed", "--independent-rate=1", "--dependent-rate=1000",
                   "--json", "--keep", "--postgres"}),
            "");
  const DemoOptions options = flags_.ToOptions();
  EXPECT_EQ(options.total, 28s);
  EXPECT_THAT(options.modes, ElementsAre(RunMode::kFixed));
  EXPECT_EQ(options.independent_per_second, 1);
  EXPECT_EQ(options.dependent_per_second, 1000);
  EXPECT_TRUE(options.json);
  EXPECT_TRUE(options.keep);
  EXPECT_TRUE(options.postgres);
  EXPECT_EQ(Parse({"--mode", "loadline"}), "");
  EXPECT_THAT(flags_.ToOptions().modes, ElementsAre(RunMode::kLoadline));
}

TEST_F(DemoFlagsTest, TheShortestDemoIsSlowForLongerThanOneAnswerTakes) {
  ASSERT_EQ(Parse({"--seconds=28"}), "");
  const DemoOptions options = flags_.ToOptions();
  const auto phases = PlanRun(options.total / static_cast<int>(options.modes.size()));
  const auto slow = std::ranges::find(phases, PhaseKind::kSlow, &Phase::kind);
  EXPECT_GE(slow->length, slow->dependency_latency);
}

TEST_F(DemoFlagsTest, WhatIsWrongIsNamed) {
  for (const char* bad :
       {"--seconds=27", "--seconds=3601", "--seconds=long", "--seconds=", "--mode=half",
        "--independent-rate=0", "--independent-rate=1001", "--independent-rate=1.5",
        "--dependent-rate=-1", "--dependent-rate=1001", "--json=perhaps", "--keep=2x",
        "--postgres=5432x", "--second=24", "--runs=2"}) {
    const std::string name = std::string(bad).substr(0, std::string(bad).find('='));
    const std::string error = Parse({bad});
    EXPECT_THAT(error, HasSubstr(name)) << bad;
    EXPECT_EQ(error.find('\n'), std::string::npos) << bad;
  }
}

}  // namespace
}  // namespace loadline::demo
