// SPDX-License-Identifier: Apache-2.0
// Goal: a report reads as was agreed upon, in 80 columns, and says what it leaves out.
// Method: golden texts of fixed reports; properties for the rest.
#include "agent/cli/explain_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "report_examples.h"

namespace loadline::cli {
namespace {

using testing::BusyHost;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::QuietHost;
using testing::ReportOf;
using ::testing::SizeIs;

std::string Text(const v1::Report& report, const v1::ExplainRequest& request = {}) {
  return ExplainText(report, request, {});
}

v1::ExplainRequest All() {
  v1::ExplainRequest request;
  request.set_all(true);
  return request;
}

v1::ExplainRequest Named(const std::string& name) {
  v1::ExplainRequest request;
  request.set_name(name);
  return request;
}

TEST(ExplainTextTest, AHostInTwoTroublesIsToldOnOneScreen) {
  EXPECT_EQ(Text(BusyHost()),
            R"(host   2 CPUs, 0 % idle: cc1plus 1.6, java 0.3.  memory and disk calm
 1  shop/worker-* (pid 4711, shop.service)  exhausted for 3 min (0 of 200 free,
    512 of 511 at the door 0.0.0.0:8080, 37 turned away)
      97 %  waits for 10.0.0.5:5432, 1.9 s each; no past is known, the agent has
            run for 40 s
       2 %  uses the CPU
      why   10.0.0.5 is not on this host.
      worst 4.2 s until 03:12:07
      do    Look at 10.0.0.5:5432. More threads will not help; 180 to 240 are
            needed at this latency, 20 to 30 at 50 ms.
 2  18 pools wait for a CPU behind cc1plus (worst: java/ForkJoinPool, 41 % of
    its time, tight)
      do    Give cc1plus a lower CPU weight, or move it.
23 pools more, none in trouble; --all shows them
cannot be known: Who blocks whom inside of PostgreSQL.
)");
}

TEST(ExplainTextTest, NoTroubleIsOneLineWithWhatWasLookedAt) {
  EXPECT_EQ(Text(QuietHost()),
            "host   2 CPUs, 93 % idle.  memory and disk calm\n"
            "41 pools, none in trouble; --all shows them\n");
  EXPECT_THAT(Text(QuietHost(), Named("shop")),
              EndsWith("shop: 41 pools, none in trouble; --all shows them\n"));
}

TEST(ExplainTextTest, ADoorIsTakenUpWhereTheSeverityDoesNotNameIt) {
  v1::Report report = BusyHost();
  EXPECT_THAT(Text(report), Not(HasSubstr("door  ")));
  report.mutable_entries(0)->mutable_pools(0)->set_severity_why("0 of 200 free");
  EXPECT_THAT(Text(report),
              HasSubstr("\n      door  0.0.0.0:8080: 512 of 511 wait, 37 turned away\n"));
}

TEST(ExplainTextTest, APoolAtRestIsALine) {
  EXPECT_EQ(Text(ReportOf(R"pb(
                   host { cpus: 1 cpu_idle: 1 }
                   entries {
                     cause: "idle"
                     severity: "ample"
                     pools {
                       process: "nginx"
                       pid: 80
                       processes: 4
                       pool: "nginx"
                       severity: "ample"
                       severity_why: "4 of 4 free"
                     }
                   }
                 )pb"),
                 All()),
            "host   1 CPU, 100 % idle.\n"
            " 1  nginx (4 processes, pid 80)  ample (4 of 4 free)\n");
}

TEST(ExplainTextTest, AnAgentThatHasSeenNothingYetSaysSo) {
  EXPECT_THAT(Text(ReportOf("host { cpus: 1 } agent_seconds: 0.5")),
              EndsWith("no pool has done anything; the agent has run for 500 ms\n"));
}

TEST(ExplainTextTest, PoolsOfAnEntryAreNamedWhereSomebodyHasToAct) {
  v1::Report report = BusyHost();
  EXPECT_THAT(Text(report), Not(HasSubstr("nginx")));
  EXPECT_THAT(Text(report, All()), HasSubstr("nginx (4 processes, pid 80)  tight"));
  EXPECT_THAT(Text(report, Named("nginx")), HasSubstr("nginx (4 processes, pid 80)  tight"));
  report.mutable_entries(1)->set_severity("exhausted");
  EXPECT_THAT(Text(report), HasSubstr("nginx (4 processes, pid 80)"));
  EXPECT_THAT(Text(report), HasSubstr("            and 16 pools more\n"));
}

TEST(ExplainTextTest, AWindowOfThePastIsSaid) {
  v1::Report report = QuietHost();
  report.set_until_seconds_ago(840);
  EXPECT_THAT(Text(report), HasSubstr("window 10 s, until 14 min ago\n"));
  report.set_until_seconds_ago(0);
  report.set_window_seconds(900);
  EXPECT_THAT(Text(report), HasSubstr("window 15 min, until now\n"));
}

TEST(ExplainTextTest, WhatIsLeftOutIsCounted) {
  v1::Report report = BusyHost();
  report.set_entries_more(7);
  EXPECT_THAT(Text(report),
              HasSubstr("7 causes more with less trouble; name a service to see its own\n"));
  EXPECT_THAT(Text(report), HasSubstr("23 pools more, none in trouble; --all shows them\n"));
  EXPECT_THAT(Text(report, All()), HasSubstr("23 pools more, none in trouble\n"));
}

TEST(ExplainTextTest, TheUnknownIsAShareToo) {
  v1::Report report = BusyHost();
  report.mutable_entries(0)->set_unknown_share(0.2);
  EXPECT_THAT(Text(report), HasSubstr("      20 %  waits, nobody knows what for\n"));
}

TEST(ExplainTextTest, ColoursMarkTroubleAndAreLeftOutElsewhere) {
  EXPECT_THAT(Text(BusyHost()), Not(HasSubstr("\x1b")));
  const std::string color = ExplainText(BusyHost(), {}, {.color = true});
  EXPECT_THAT(color, HasSubstr("\x1b[1;31mexhausted\x1b[0m for 3 min"));
  EXPECT_EQ(absl::StrReplaceAll(color, {{"\x1b[1;31m", ""}, {"\x1b[33m", ""}, {"\x1b[0m", ""}}),
            Text(BusyHost()));
}

TEST(ExplainTextTest, EveryLineKeepsTo80ColumnsWhileItsWordsDo) {
  v1::Report report = BusyHost();
  for (v1::ReportEntry& entry : *report.mutable_entries()) {
    for (int i = 0; i < 8; ++i) {
      entry.add_advice(
          "Some words that fill more than a line, one after the other, again and again.");
    }
    entry.set_culprit(std::string(50, 'c'));
    entry.mutable_pools(0)->set_process(std::string(50, 'p'));
    entry.mutable_pools(0)->set_container(std::string(50, 'n'));
  }
  for (const v1::ExplainRequest& request : {v1::ExplainRequest(), All()}) {
    const std::string text = Text(report, request);
    for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
      EXPECT_LE(line.size(), 80u) << line;
    }
  }
}

}  // namespace
}  // namespace loadline::cli
