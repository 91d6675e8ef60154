// SPDX-License-Identifier: Apache-2.0
// Goal: the report sets the runs side by side, and its JSON has the keys that are promised.
#include "agent/demo/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace loadline::demo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Style kPlain = {.width = 100, .height = 40, .color = false, .unicode = false};

EndpointFigures Endpoints(std::int64_t good, double p99_ms) {
  return {.offered = 1000, .good = good, .failed = 1000 - good, .p50_ms = 3, .p99_ms = p99_ms};
}

RunFigures Played(RunMode mode, std::int64_t good_when_slow, bool recovered) {
  RunFigures run;
  run.mode = mode;
  run.recovery_seconds = 4.25;
  run.recovered = recovered;
  run.phases = {
      {PhaseKind::kSteady, 10, Endpoints(1000, 4), Endpoints(1000, 56)},
      {PhaseKind::kSlow, 16, Endpoints(good_when_slow, 2000), Endpoints(0, 2000)},
      {PhaseKind::kRecovery, 14, Endpoints(900, 5), Endpoints(900, 56)},
  };
  run.pool.pool = "worker";
  run.pool.threads_peak = 203;
  run.pool.threads = 200;
  run.pool.waiting = 198;
  run.pool.reason = "network";
  run.pool.reason_threads = 197;
  run.pool.peer = "127.0.0.1:4000";
  run.pool.peer_threads = 197;
  return run;
}

TEST(ReportTest, TheTableSetsBothRunsSideBySide) {
  const std::string table = RenderTable(
      {Played(RunMode::kFixed, 120, false), Played(RunMode::kLoadline, 998, true)}, kPlain);
  EXPECT_EQ(table, R"(                              fixed pool of 200                 Loadline
steady    independent         100.0 % good, p99    4 ms         100.0 % good, p99    4 ms
steady    dependent           100.0 % good, p99   56 ms         100.0 % good, p99   56 ms
slow      independent          12.0 % good, p99 2000 ms          99.8 % good, p99 2000 ms
slow      dependent             0.0 % good, p99 2000 ms           0.0 % good, p99 2000 ms
recovery  independent          90.0 % good, p99    5 ms          90.0 % good, p99    5 ms
recovery  dependent            90.0 % good, p99   56 ms          90.0 % good, p99   56 ms
back to 95 % of steady after  not within 4.2 s                  4.2 s
threads, at most              203                               203
when slow, waiting            197 of 200 on network             197 of 200 on network
                              197 of them on 127.0.0.1:4000     197 of them on 127.0.0.1:4000
)");
}

TEST(ReportTest, OneRunAloneIsATableToo) {
  const std::string table = RenderTable({Played(RunMode::kLoadline, 998, true)}, kPlain);
  EXPECT_THAT(table, HasSubstr("Loadline"));
  EXPECT_THAT(table, Not(HasSubstr("fixed")));
}

TEST(ReportTest, TheJsonHasThePromisedKeys) {
  const auto json = nlohmann::json::parse(
      RenderJson({Played(RunMode::kFixed, 120, false), Played(RunMode::kLoadline, 998, true)}));
  ASSERT_EQ(json.at("runs").size(), 2U);
  const auto& fixed = json["runs"][0];
  EXPECT_EQ(fixed.at("mode"), "fixed-200");
  EXPECT_EQ(json["runs"][1].at("mode"), "loadline");
  EXPECT_DOUBLE_EQ(fixed.at("recovery_seconds"), 4.25);
  EXPECT_EQ(fixed.at("recovered"), false);
  EXPECT_EQ(fixed.at("phases").at(1).at("name"), "slow");
  EXPECT_EQ(fixed["phases"][1].at("independent").at("offered"), 1000);
  EXPECT_EQ(fixed["phases"][1]["independent"].at("good"), 120);
  EXPECT_DOUBLE_EQ(fixed["phases"][1]["dependent"].at("p99_ms"), 2000);
  EXPECT_EQ(fixed.at("pool").at("peer"), "127.0.0.1:4000");
}

TEST(ReportTest, TheJsonIsOneLineWhateverAPoolIsCalled) {
  RunFigures run = Played(RunMode::kFixed, 120, false);
  run.pool.pool = "a\n\xff";
  EXPECT_THAT(RenderJson({run}), Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace loadline::demo
