// SPDX-License-Identifier: Apache-2.0
// Goal: what a process says is kept for as long as its session, within bounds, and what it counted
// for longer; a message out of range changes nothing and is refused by name.
// Method: messages by hand.
#include "agent/src/model/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "loadline/rules.h"
#include "loadline/testing/fake_clock.h"

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

v1::Hello Hello(const std::string& service) {
  v1::Hello hello;
  hello.set_protocol_version(1);
  hello.set_service(service);
  return hello;
}

v1::PoolRegistration PoolNamed(const std::string& name, std::initializer_list<std::uint32_t> tids) {
  v1::PoolRegistration pool;
  pool.set_name(name);
  for (const std::uint32_t tid : tids) {
    pool.add_tids(tid);
  }
  return pool;
}

v1::LimiterReport Limiter(const std::string& name, std::uint64_t admitted) {
  v1::LimiterReport report;
  report.set_name(name);
  report.set_admitted_total(admitted);
  return report;
}

class RegistryTest : public ::testing::Test {
 protected:
  Registry::Ticket Open(pid_t tgid, const std::string& service = "orders") {
    const absl::StatusOr<Registry::Ticket> ticket = registry_.Open(tgid, Hello(service));
    EXPECT_TRUE(ticket.ok()) << ticket.status();
    return *ticket;
  }

  template <typename Message>
  void ExpectInvalid(const Message& message, const std::string& named) {
    const absl::Status status = registry_.Apply(ticket_, message);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << named;
    EXPECT_THAT(std::string(status.message()), HasSubstr(named));
  }

  testing::FakeClock clock_;
  Registry registry_{{.processes_max = 2, .pools_max = 2, .limiters_max = 2, .threads_max = 4},
                     clock_};
  Registry::Ticket ticket_ = Open(100);
};

TEST_F(RegistryTest, ThreadsJoinAndLeaveTheirPool) {
  ASSERT_TRUE(registry_.Apply(ticket_, PoolNamed("db", {1, 2})).ok());
  v1::ThreadChange change;
  change.set_pool("db");
  change.add_joined_tids(3);
  change.add_left_tids(1);
  ASSERT_TRUE(registry_.Apply(ticket_, change).ok());

  const auto registrations = registry_.Registrations();
  ASSERT_THAT(registrations, SizeIs(1));
  EXPECT_EQ(registrations[0].service, "orders");
  EXPECT_THAT(registrations[0].pools, ElementsAre("db"));
  EXPECT_THAT(registrations[0].pool_of_inner_tid,
              UnorderedElementsAre(::testing::Pair(2, "db"), ::testing::Pair(3, "db")));
}

TEST_F(RegistryTest, RegisteringAPoolAgainReplacesItsThreads) {
  ASSERT_TRUE(registry_.Apply(ticket_, PoolNamed("db", {1, 2})).ok());
  ASSERT_TRUE(registry_.Apply(ticket_, PoolNamed("db", {3})).ok());

  EXPECT_THAT(registry_.Registrations()[0].pool_of_inner_tid,
              UnorderedElementsAre(::testing::Pair(3, "db")));
}

TEST_F(RegistryTest, TheNewestSessionOfAProcessCounts) {
  ASSERT_TRUE(registry_.Apply(ticket_, PoolNamed("db", {1})).ok());
  const Registry::Ticket newer = Open(100);

  EXPECT_TRUE(absl::IsAborted(registry_.Apply(ticket_, PoolNamed("db", {1}))));
  EXPECT_FALSE(registry_.Close(ticket_));
  EXPECT_THAT(registry_.Registrations()[0].pools, IsEmpty());
  EXPECT_TRUE(registry_.Close(newer));
  EXPECT_THAT(registry_.Registrations(), IsEmpty());
}

TEST_F(RegistryTest, BoundsHoldAndSayWhatIsFull) {
  EXPECT_TRUE(registry_.Apply(ticket_, PoolNamed("a", {1, 2, 3, 4})).ok());
  EXPECT_TRUE(registry_.Apply(ticket_, PoolNamed("b", {})).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(registry_.Apply(ticket_, PoolNamed("c", {}))));
  EXPECT_TRUE(absl::IsResourceExhausted(registry_.Apply(ticket_, PoolNamed("b", {5}))));
  EXPECT_TRUE(registry_.Apply(ticket_, Limiter("a", 1)).ok());
  EXPECT_TRUE(registry_.Apply(ticket_, Limiter("b", 1)).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(registry_.Apply(ticket_, Limiter("c", 1))));
  Open(101);
  EXPECT_EQ(registry_.Open(102, Hello("orders")).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(RegistryTest, GaugesGoWithTheSessionAndCountersStay) {
  ASSERT_TRUE(registry_.Apply(ticket_, Limiter("checkout", 10)).ok());
  ASSERT_TRUE(registry_.Apply(ticket_, Limiter("checkout", 15)).ok());
  EXPECT_THAT(registry_.Reports().services[0].limiters, SizeIs(1));
  registry_.Close(ticket_);

  EXPECT_THAT(registry_.Reports().services, IsEmpty());
  EXPECT_EQ(registry_.Reports().limiters.at({"orders", "checkout"}).admitted, 15u);
}

TEST_F(RegistryTest, ALimiterThatTheProcessHasNoMoreLeavesNoGaugeAndItsPlace) {
  ASSERT_TRUE(registry_.Apply(ticket_, Limiter("old", 10)).ok());
  ASSERT_TRUE(registry_.Apply(ticket_, Limiter("older", 10)).ok());
  clock_.Advance(Registry::kQuietMax);
  ASSERT_TRUE(registry_.Apply(ticket_, Limiter("old", 10)).ok());
  clock_.Advance(std::chrono::seconds{1});

  EXPECT_THAT(registry_.Reports().services[0].limiters, SizeIs(1));
  EXPECT_TRUE(registry_.Apply(ticket_, Limiter("new", 1)).ok());
  EXPECT_THAT(registry_.Reports().services[0].limiters, SizeIs(2));
  EXPECT_EQ(registry_.Reports().limiters.at({"orders", "older"}).admitted, 10u);
}

TEST_F(RegistryTest, AStreamThatBreaksAndComesBackCountsNothingTwice) {
  ASSERT_TRUE(registry_.Apply(ticket_, Limiter("checkout", 15)).ok());
  registry_.Close(ticket_);
  ASSERT_TRUE(registry_.Apply(Open(100), Limiter("checkout", 18)).ok());

  EXPECT_EQ(registry_.Reports().limiters.at({"orders", "checkout"}).admitted, 18u);
}

TEST_F(RegistryTest, ProcessesOfOneServiceAddUpAndARestartCountsFromZero) {
  ASSERT_TRUE(registry_.Apply(ticket_, Limiter("checkout", 15)).ok());
  ASSERT_TRUE(registry_.Apply(Open(101), Limiter("checkout", 4)).ok());
  ASSERT_TRUE(registry_.Apply(ticket_, Limiter("checkout", 2)).ok());

  EXPECT_EQ(registry_.Reports().limiters.at({"orders", "checkout"}).admitted, 21u);
}

TEST_F(RegistryTest, RejectionsAddUpByPriorityAndCause) {
  v1::LimiterReport report = Limiter("checkout", 0);
  v1::CountByCause& row = *report.add_rejected();
  row.set_cause("own_cpu");
  row.set_priority("low");
  row.set_count(3);
  ASSERT_TRUE(registry_.Apply(ticket_, report).ok());
  report.mutable_rejected(0)->set_count(5);
  ASSERT_TRUE(registry_.Apply(ticket_, report).ok());

  const LimiterTotals totals = registry_.Reports().limiters.at({"orders", "checkout"});
  EXPECT_EQ(totals.rejected.at({"low", "own_cpu"}), 5u);
}

TEST_F(RegistryTest, LabelsChosenByClientsAreBounded) {
  for (std::size_t i = 0; i < ReportTotals::kLabelsMax + 5; ++i) {
    const Registry::Ticket ticket = Open(101, "service-" + std::to_string(i));
    ASSERT_TRUE(registry_.Apply(ticket, Limiter("l", 1)).ok());
    registry_.Close(ticket);
  }

  EXPECT_THAT(registry_.Reports().limiters, SizeIs(ReportTotals::kLabelsMax));
  EXPECT_EQ(registry_.Reports().lost, 5u);
}

TEST_F(RegistryTest, CausesChosenByClientsAreBounded) {
  for (std::size_t i = 0; i < ReportTotals::kCausesMax + 5; ++i) {
    v1::LimiterReport report = Limiter("checkout", 1);
    v1::CountByCause& row = *report.add_rejected();
    row.set_cause("cause-" + std::to_string(i));
    row.set_count(1);
    *report.add_limit_changes() = row;
    ASSERT_TRUE(registry_.Apply(ticket_, report).ok());
  }

  const ServiceReports reports = registry_.Reports();
  const LimiterTotals& totals = reports.limiters.at({"orders", "checkout"});
  EXPECT_THAT(totals.rejected, SizeIs(ReportTotals::kCausesMax));
  EXPECT_THAT(totals.limit_changes, SizeIs(ReportTotals::kCausesMax));
  EXPECT_EQ(reports.lost, 10u);
}

TEST_F(RegistryTest, TakesEveryNameThatTheSdkTakes) {
  for (char c = '!'; c <= '~'; ++c) {
    if (c != '"' && c != '\\') {
      v1::LimiterReport report = Limiter("a", 1);
      report.set_pool(std::string(kNameMax, c));
      EXPECT_TRUE(registry_.Apply(ticket_, report).ok()) << c;
    }
  }
}

TEST_F(RegistryTest, WhatIsOutOfRangeIsNamed) {
  ExpectInvalid(PoolNamed("", {}), "pool.name");
  ExpectInvalid(PoolNamed("a b", {}), "pool.name: \"a b\" must be 1 to 64");
  ExpectInvalid(PoolNamed(std::string(65, 'x'), {}), "pool.name");
  ExpectInvalid(PoolNamed("line\nfeed", {}), "line\\nfeed");
  ExpectInvalid(PoolNamed("db", {0}), "pool.tids: 0");
  ExpectInvalid(PoolNamed("db", {1, 2, 3, 4, 5}), "pool.tids: 5 must be at most 4");
  v1::LimiterReport report = Limiter("l", 1);
  report.set_limit(std::nan(""));
  ExpectInvalid(report, "limiter.limit: nan");
  report.set_limit(-1);
  ExpectInvalid(report, "limiter.limit: -1");
  report.set_limit(1);
  report.set_signal_age_seconds(-1);
  ExpectInvalid(report, "limiter.signal_age_seconds");
  report.set_signal_age_seconds(std::numeric_limits<double>::infinity());
  EXPECT_TRUE(registry_.Apply(ticket_, report).ok());
  report.set_bottleneck("magic");
  ExpectInvalid(report, "limiter.bottleneck: \"magic\"");
  report.set_bottleneck("own_cpu");
  report.set_signal_source("hearsay");
  ExpectInvalid(report, "limiter.signal_source: \"hearsay\"");
  report.set_signal_source("ledger");
  report.add_rejected()->set_cause("two words");
  ExpectInvalid(report, "limiter.rejected.cause");
}

TEST(HelloTest, VersionAndServiceAreChecked) {
  const testing::FakeClock clock;
  Registry registry({}, clock);
  v1::Hello hello = Hello("orders");
  hello.set_protocol_version(2);
  EXPECT_THAT(std::string(registry.Open(1, hello).status().message()),
              HasSubstr("hello.protocol_version: 2 must be 1"));
  EXPECT_EQ(registry.Open(1, Hello("")).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace loadline::agent
