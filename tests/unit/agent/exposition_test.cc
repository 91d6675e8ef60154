// SPDX-License-Identifier: Apache-2.0
// Goal: the metrics say what the model says, under the names of the table, never more than asked.
// Method: facts by hand, the text they become.
#include "agent/src/publish/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "agent/src/publish/limiter_metrics.h"
#include "agent/src/publish/metrics_document.h"
#include "agent/src/publish/pool_metrics.h"
#include "agent/src/publish/pool_report_metrics.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;
using ::testing::HasSubstr;
using ::testing::Not;

Facts OnePool() {
  Facts facts;
  facts.view.source = "bpf";
  facts.view.cannot_know = {"neighbours"};
  facts.status.version = "1.2.3";
  facts.status.reading_age = 2500ms;
  PoolSeries series;
  series.process = "orders";
  series.pool = "worker-*";
  series.threads = {.working = 3, .runnable = 1, .waiting = 196};
  series.processes = 2;
  series.totals.on_cpu = 1500ms;
  series.totals.runq_self = 250ms;
  series.totals.blocked[static_cast<std::size_t>(WaitReason::kNetwork)] = 900s;
  series.totals.blocked[static_cast<std::size_t>(WaitReason::kPoll)] = 2s;
  series.totals.switches_voluntary = 42;
  series.waits[static_cast<std::size_t>(WaitReason::kNetwork)] = {.threads = 196, .oldest = 75s};
  series.waits[static_cast<std::size_t>(WaitReason::kPoll)] = {.threads = 1, .oldest = 900s};
  series.neighbours["batch"] = 3s;
  series.totals.loop_blocked[kLoopRan] = 1s;
  series.severities[static_cast<std::size_t>(Severity::kTight)] = 2;
  series.severities[static_cast<std::size_t>(Severity::kAmple)] = 1;
  series.lost[static_cast<std::size_t>(Cause::kDependency)] = 1500ms;
  series.peers["10.0.0.5:5432"] = {.threads = 196, .total = 900s};
  facts.view.series = {series};
  return facts;
}

std::string TextOf(const Facts& facts, std::size_t series_max = 1000) {
  return Exposition(series_max, [&] { return facts; }).Text();
}

TEST(ExpositionTest, SaysWhatThreadsDo) {
  const std::string text = TextOf(OnePool());
  const std::string pool = R"(process="orders",pool="worker-*")";
  for (const std::string& line : {
           "loadline_threads{" + pool + R"(,state="waiting"} 196)",
           "loadline_processes{" + pool + "} 2",
           "loadline_thread_seconds_total{" + pool + R"(,state="working",reason="none"} 1.5)",
           "loadline_thread_seconds_total{" + pool + R"(,state="waiting",reason="network"} 900)",
           "loadline_thread_seconds_total{" + pool + R"(,state="idle",reason="poll"} 2)",
           "loadline_runqueue_wait_seconds_total{" + pool + R"(,cause="self"} 0.25)",
           "loadline_context_switches_total{" + pool + R"(,kind="voluntary"} 42)",
           "loadline_peer_threads{" + pool + R"(,peer="10.0.0.5:5432"} 196)",
           "loadline_peer_wait_seconds_total{" + pool + R"(,peer="10.0.0.5:5432"} 900)",
           "loadline_neighbour_seconds_total{" + pool + R"(,neighbour="batch"} 3)",
           "loadline_oldest_wait_seconds{" + pool + R"(,reason="network"} 75)",
           "loadline_event_loop_blocked_seconds_total{" + pool + R"(,reason="running"} 1)",
           "loadline_pool_severity{" + pool + R"(,severity="tight"} 2)",
           "loadline_pool_severity{" + pool + R"(,severity="ample"} 1)",
           "loadline_lost_seconds_total{" + pool + R"(,cause="dependency"} 1.5)",
           std::string(R"(loadline_agent_build_info{version="1.2.3"} 1)"),
           std::string(R"(loadline_agent_source{source="bpf"} 1)"),
           std::string("loadline_agent_reading_age_seconds 2.5"),
           std::string(R"(loadline_agent_cannot_know{what="neighbours"} 1)"),
       }) {
    EXPECT_THAT(text, HasSubstr(line + "\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr(R"(reason="lock")")));
  const std::string oldest = "loadline_oldest_wait_seconds{" + pool;
  EXPECT_THAT(text, Not(HasSubstr(oldest + R"(,reason="poll")")));
}

TEST(ExpositionTest, AContainerIsALabelAndNoneIsNoLabel) {
  Facts facts = OnePool();
  facts.view.series.push_back(facts.view.series[0]);
  facts.view.series[1].container = "nginx.service";
  const std::string text = TextOf(facts);
  const std::string pool = R"(loadline_threads{process="orders",pool="worker-*",)";
  EXPECT_THAT(text, HasSubstr(pool + R"(state="working"})"));
  EXPECT_THAT(text, HasSubstr(pool + R"(container="nginx.service",state="working"})"));
}

TEST(ExpositionTest, BeforeTheFirstReadingThereIsNoAge) {
  EXPECT_THAT(TextOf({}), Not(HasSubstr("loadline_agent_reading_age_seconds")));
}

TEST(ExpositionTest, LatenciesAreClassicHistograms) {
  Facts facts = OnePool();
  LatencyHistogram waits;
  waits.Add(ll_histogram_bucket(3'000), 2);
  waits.Add(ll_histogram_bucket(2'000'000), 5);
  waits.AddTime(10'006us);
  facts.view.series[0].latencies[kRunQueueKind] = waits.ToClassic();
  facts.view.series[0].latencies[static_cast<std::size_t>(WaitReason::kDisk)] = waits.ToClassic();
  const std::string text = TextOf(facts);
  const std::string queue =
      R"(loadline_runqueue_latency_seconds_bucket{process="orders",pool="worker-*",)";
  EXPECT_THAT(text, HasSubstr(queue + "le=\"4.096e-06\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(queue + "le=\"0.001048576\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(queue + "le=\"0.004194304\"} 7\n"));
  EXPECT_THAT(text, HasSubstr(queue + "le=\"+Inf\"} 7\n"));
  const std::string disk = R"({process="orders",pool="worker-*",reason="disk"})";
  EXPECT_THAT(text, HasSubstr("loadline_offcpu_latency_seconds_count" + disk + " 7\n"));
  EXPECT_THAT(text, HasSubstr("loadline_offcpu_latency_seconds_sum" + disk + " 0.010006\n"));
}

TEST(ExpositionTest, AddsUpTheProcessesOfAService) {
  Facts facts;
  for (const pid_t tgid : {1, 2}) {
    ServiceState& state = facts.reports.services.emplace_back();
    state.tgid = tgid;
    state.service = "orders";
    v1::LimiterReport& limiter = state.limiters.emplace_back();
    limiter.set_name("checkout");
    limiter.set_limit(10.5);
    limiter.set_bottleneck("dep_slow");
    limiter.set_signal_age_seconds(tgid);
    limiter.set_signal_source("ledger");
    v1::PoolReport& pool = state.pools.emplace_back();
    pool.set_name("db");
    pool.set_threads_target(8);
  }
  facts.reports.limiters[{"orders", "checkout"}].rejected[{"low", "dep"}] = 7;
  const std::string text = TextOf(facts);
  for (
      const std::string line : {
          R"(loadline_limit{service="orders",limiter="checkout"} 21)",
          R"(loadline_signal_age_seconds{service="orders",limiter="checkout"} 2)",
          R"(loadline_signal_step{service="orders",limiter="checkout",step="ledger"} 2)",
          R"(loadline_limiter_bottleneck{service="orders",limiter="checkout",class="dep_slow"} 2)",
          R"(loadline_pool_threads_target{process="orders",pool="db"} 16)",
          R"(loadline_rejected_total{service="orders",limiter="checkout",priority="low",cause="dep"} 7)",
      }) {
    EXPECT_THAT(text, HasSubstr(line + "\n"));
  }
}

TEST(ExpositionTest, NeverServesMoreSeriesThanAskedAndCountsTheRest) {
  Facts facts = OnePool();
  facts.view.series.resize(500, facts.view.series[0]);
  const Exposition exposition(100, [&] { return facts; });
  std::istringstream lines(exposition.Text());
  int samples = 0;
  double dropped = 0;
  for (std::string line; std::getline(lines, line);) {
    samples += line.starts_with("#") ? 0 : 1;
    std::sscanf(line.c_str(), "loadline_agent_series_dropped_total %lf", &dropped);
  }
  EXPECT_LE(samples, 100 + 2);  // The two that say so come on top.
  EXPECT_GT(dropped, 1000);
}

TEST(ExpositionTest, ClientsWithMuchToTellTakeNoSeriesFromTheHost) {
  Facts facts = OnePool();
  for (int i = 0; i < 500; ++i) {
    facts.reports.limiters[{"noisy", std::to_string(i)}].admitted = 1;
  }
  const Exposition exposition(100, [&] { return facts; });
  const std::string text = exposition.Text();
  EXPECT_THAT(text, HasSubstr("loadline_threads{"));
  EXPECT_THAT(text, HasSubstr("loadline_context_switches_total{"));
}

TEST(ExpositionTest, FamiliesComeInTheOrderOfTheDocument) {
  Facts facts = OnePool();
  ServiceState& state = facts.reports.services.emplace_back();
  state.service = "orders";
  state.limiters.emplace_back().set_name("checkout");
  state.pools.emplace_back().set_name("db");
  const auto families = Exposition(1000, [&] { return facts; }).Collect();
  auto family = families.begin();
  for (const MetricDescription& metric : DescribeMetrics()) {
    if (family != families.end() && family->name == metric.name) {
      EXPECT_EQ(family->help, metric.help);
      ++family;
    }
  }
  EXPECT_EQ(family, families.end()) << family->name;
}

// How many series of each metric there are.
std::map<std::string, int> SeriesOf(const std::string& text) {
  std::map<std::string, int> series;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("#")) {
      ++series[line.substr(0, line.find_first_of("{ "))];
    }
  }
  return series;
}

TEST(ExpositionTest, HistogramsAreLeftOutBeforeWhatKeepsThreadsAndThatBeforeTheThreads) {
  Facts facts = OnePool();
  facts.view.series[0].latencies[kRunQueueKind] = {};
  facts.view.series.push_back(facts.view.series[0]);
  facts.view.series[1].pool = "io";
  facts.reports.limiters[{"orders", "checkout"}].admitted = 1;
  const std::map<std::string, int> all = SeriesOf(TextOf(facts));
  int always = 0;
  for (const auto& [name, series] : all) {
    always += name.starts_with("loadline_agent_") ? series : 0;
  }
  always -= 2;  // What is dropped and how many there are: not known before the others.
  // The two pools have 20 series of the first turn each, and 3 of the second.
  const auto first = SeriesOf(TextOf(facts, static_cast<std::size_t>(always) + 40));
  EXPECT_EQ(first.at("loadline_lost_seconds_total"), 2);
  EXPECT_FALSE(first.contains("loadline_neighbour_seconds_total"));
  const auto second = SeriesOf(TextOf(facts, static_cast<std::size_t>(always) + 46));
  EXPECT_EQ(second.at("loadline_neighbour_seconds_total"), 2);
  EXPECT_FALSE(second.contains("loadline_runqueue_latency_seconds_count"));
  EXPECT_FALSE(second.contains("loadline_admitted_total"));
  const auto last = SeriesOf(TextOf(facts, static_cast<std::size_t>(always) + 46 + 15));
  EXPECT_EQ(last.at("loadline_runqueue_latency_seconds_count"), 1);
  EXPECT_FALSE(last.contains("loadline_admitted_total"));
}

template <typename Subject>
void ExpectThatAllEmit(const MetricTable<Subject>& table) {
  for (const MetricRow<Subject>& row : table.rows) {
    EXPECT_NE(row.emit, nullptr) << row.name;
  }
}

TEST(MetricTableTest, EachRowSaysWhereItsValueComesFrom) {
  ExpectThatAllEmit(PoolMetrics());
  ExpectThatAllEmit(PoolReportMetrics());
  ExpectThatAllEmit(LimiterMetrics());
  ExpectThatAllEmit(kAgentMetrics);
}

TEST(MetricTableTest, NamesFollowTheConventions) {
  std::set<std::string_view> names;
  for (const MetricDescription& metric : DescribeMetrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_TRUE(metric.name.starts_with("loadline_")) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == MetricType::kCounter) << metric.name;
    EXPECT_TRUE(metric.help.ends_with(".")) << metric.name;
    for (const std::string_view label : metric.labels) {
      EXPECT_NE(label, "pid") << metric.name;
      EXPECT_NE(label, "tid") << metric.name;
    }
  }
}

}  // namespace
}  // namespace loadline::agent
