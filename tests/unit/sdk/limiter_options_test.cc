// SPDX-License-Identifier: Apache-2.0
//
// Goal: every option has its default, can be overridden, and is refused out of range by name.
// Method: a table of spoilt options; LOADLINE_MODE is set and unset around single cases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>

#include "loadline/detail/environment.h"
#include "loadline/limiter.h"
#include "loadline/thread_pool.h"

namespace loadline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Bad {
  const char* named;
  void (*spoil)(LimiterOptions&);
};
class LimiterOptionsTest : public ::testing::TestWithParam<Bad> {};

TEST_P(LimiterOptionsTest, NamesWhatIsOutOfRange) {
  LimiterOptions options{.name = "l"};
  GetParam().spoil(options);
  const absl::Status status = Limiter::Create(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().named));
}

INSTANTIATE_TEST_SUITE_P(
    Each, LimiterOptionsTest,
    ::testing::Values(Bad{"limiter name: \"\"", [](auto& o) { o.name = ""; }},
                      Bad{"limiter name", [](auto& o) { o.name = std::string(65, 'x'); }},
                      Bad{"limiter name", [](auto& o) { o.name = "a\nb"; }},
                      Bad{"deadline: 0", [](auto& o) { o.deadline = {}; }},
                      Bad{"limit_min: 0.5", [](auto& o) { o.limit_min = 0.5; }},
                      Bad{"limit_min: nan", [](auto& o) { o.limit_min = std::nan(""); }},
                      Bad{"limit_max: 1", [](auto& o) { o.limit_max = 1; }},
                      Bad{"limit_max: inf", [](auto& o) { o.limit_max = INFINITY; }},
                      Bad{"limit_max: 1000001", [](auto& o) { o.limit_max = 1e6 + 1; }},
                      Bad{"limit_initial: 1001", [](auto& o) { o.limit_initial = 1001; }},
                      Bad{"vibes", [](auto& o) { o.law = "vibes"; }},
                      Bad{"no_such", [](auto& o) { o.law_options["no_such"] = 1; }},
                      Bad{"clock", [](auto& o) { o.clock = nullptr; }}));

TEST(LimiterOptionsDefaultsTest, ALimiterOfNothingButANameWatchesAndStartsAtTwenty) {
  auto limiter = *Limiter::Create({.name = "l"});
  EXPECT_EQ(limiter->mode(), Mode::kShadow);
  EXPECT_EQ(limiter->limit(), 20);
  EXPECT_EQ(limiter->Stats().law, "kernel");
}

TEST(LimiterOptionsDefaultsTest, ALimitThatIsNotGivenStartsWithinNarrowBounds) {
  EXPECT_EQ((*Limiter::Create({.name = "l", .limit_max = 4}))->limit(), 4);
  EXPECT_EQ((*Limiter::Create({.name = "l", .limit_min = 50}))->limit(), 50);
  EXPECT_EQ((*Limiter::Create({.name = "l", .law = "fixed", .limit_max = 4}))->limit(), 4);
  EXPECT_EQ((*Limiter::Create({.name = "l", .law_options = {{"limit_max", 4}}}))->limit(), 4);
  EXPECT_THAT(
      std::string(
          Limiter::Create({.name = "l", .limit_initial = 5, .limit_max = 4}).status().message()),
      HasSubstr("limiter \"l\": limit_initial: 5 must be in [2, 4]"));
}

TEST(LimiterOptionsDefaultsTest, LawAndLimitsCanBeChosen) {
  auto fixed = *Limiter::Create({.name = "l", .law = "fixed", .limit_initial = 7});
  EXPECT_EQ(fixed->limit(), 7);
  auto aimd =
      *Limiter::Create({.name = "l", .law = "aimd", .law_options = {{"limit_initial", 30}}});
  EXPECT_EQ(aimd->Stats().law, "aimd");
  EXPECT_EQ(aimd->limit(), 30);
}

class EnvironmentTest : public ::testing::Test {
 protected:
  ~EnvironmentTest() override {
    unsetenv("LOADLINE_MODE");
    unsetenv("LOADLINE_SOCKET");
  }
};

TEST_F(EnvironmentTest, AnOperatorCanTurnLimitersOffWithoutARebuild) {
  setenv("LOADLINE_MODE", "off", 1);
  EXPECT_EQ((*Limiter::Create({.name = "l", .mode = Mode::kEnforce}))->mode(), Mode::kOff);
  setenv("LOADLINE_MODE", "", 1);
  EXPECT_EQ((*Limiter::Create({.name = "l", .mode = Mode::kEnforce}))->mode(), Mode::kEnforce);
}

TEST_F(EnvironmentTest, AModeThatDoesNotExistIsAnErrorThatNamesTheVariable) {
  setenv("LOADLINE_MODE", "offf", 1);
  const absl::Status status = Limiter::Create({.name = "l"}).status();
  EXPECT_EQ(status.message(), "LOADLINE_MODE: \"offf\" must be off, observe, shadow or enforce");
}

TEST_F(EnvironmentTest, ASocketThatIsNamedIsTheOnlyOneLookedFor) {
  setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  EXPECT_THAT(detail::AgentSocketPaths(),
              ElementsAre("/run/loadline/self.sock", "/run/user/7/loadline/self.sock"));
  setenv("LOADLINE_SOCKET", "/tmp/x.sock", 1);
  EXPECT_THAT(detail::AgentSocketPaths(), ElementsAre("/tmp/x.sock"));
}

}  // namespace
}  // namespace loadline
