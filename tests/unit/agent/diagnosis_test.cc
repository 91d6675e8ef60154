// SPDX-License-Identifier: Apache-2.0
// Goal: from readings to a report: the first cause, its culprit and its severity are right, and who
// is at rest is said to be so. Method: ten seconds of readings as data, through model and report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/src/diagnosis/make_report.h"
#include "agent/src/model/host_model.h"
#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Thread;

constexpr pid_t kShop = 100;

class DiagnosisTest : public ::testing::Test {
 protected:
  // A second in which the thread waited as the sample says, for all of it.
  ThreadSample Waits(pid_t tid, WaitReason reason, std::string_view name = "worker-1",
                     pid_t tgid = kShop) {
    ThreadSample thread = Thread(tgid, tid, std::string(name));
    PoolCounters& total = totals_[tid];
    total.blocked_for(reason) += 1s;
    thread.state = ThreadState::kBlocked;
    thread.reason = reason;
    thread.in_state = 1s;
    thread.counters = total;
    return thread;
  }
  ThreadSample WaitsFor(pid_t tid, std::string peer, std::string_view name = "worker-1",
                        pid_t tgid = kShop) {
    ThreadSample thread = Waits(tid, WaitReason::kNetwork, name, tgid);
    thread.peer.text = std::move(peer);
    thread.asks = Asks::kAnswer;
    totals_[tid].switches_voluntary += 1;
    thread.counters = totals_[tid];
    return thread;
  }
  ThreadSample Runs(pid_t tid, Clock::Duration on_cpu, Clock::Duration behind_others,
                    std::string_view name = "worker-1", pid_t tgid = kShop) {
    ThreadSample thread = Thread(tgid, tid, std::string(name));
    totals_[tid].on_cpu += on_cpu;
    totals_[tid].runq_neighbour += behind_others;
    thread.counters = totals_[tid];
    return thread;
  }

  void Read(std::vector<ThreadSample> threads) {
    HostReading reading;
    now_ += 1s;
    reading.taken_at = now_;
    reading.threads = std::move(threads);
    reading.doors = doors_;
    reading.has_doors = true;
    reading.connections = connections_;
    reading.neighbours = neighbours_;
    rows_ = model_.Update(reading, {});
    const std::vector<PoolAndEvidence> evidence = model_.Evidence();
    diagnosed_.cpus = 2;
    diagnosed_.window = 10s;
    diagnosed_.cases = cases_.Update(
        {.at = now_, .rows = rows_, .evidence = evidence, .doors = doors_, .root_of = roots_});
  }

  v1::Report Report(std::string_view name = "", bool all = false) const {
    return MakeReport(diagnosed_, name, all).value();
  }

  std::function<pid_t(pid_t)> roots_ = [](pid_t tgid) { return tgid; };
  HostModel model_{
      {.own_tgid = 1, .cpus = 2, .root_of = [this](pid_t tgid) { return roots_(tgid); }}};
  CaseBook cases_;
  Diagnosed diagnosed_;
  std::map<pid_t, PoolCounters> totals_;
  std::vector<Door> doors_;
  std::vector<ProcessConnections> connections_;
  std::vector<NeighbourWaits> neighbours_;
  std::vector<PoolRow> rows_;
  Clock::Time now_{};
};

TEST_F(DiagnosisTest, WhoComesLateIsToldOfTheDependency) {
  connections_ = {{.tgid = kShop, .clients = 20, .unread = 0}};
  for (int second = 0; second < 12; ++second) {
    Read({WaitsFor(101, "10.0.0.5:5432"), WaitsFor(102, "10.0.0.5:5432")});
  }
  const v1::Report report = Report();
  ASSERT_EQ(report.entries_size(), 1);
  EXPECT_EQ(report.entries(0).cause(), "dependency");
  EXPECT_EQ(report.entries(0).culprit(), "10.0.0.5:5432");
  EXPECT_EQ(report.entries(0).severity(), "exhausted");
  EXPECT_GT(report.entries(0).share(), 0.99);
}

TEST_F(DiagnosisTest, TheLongestWaitIsToldWithItsTimeAndItsCulprit) {
  connections_ = {{.tgid = kShop, .clients = 20, .unread = 0}};
  for (int second = 0; second < 12; ++second) {
    ThreadSample first = WaitsFor(101, "10.0.0.5:5432");
    first.in_state = second == 7 ? 5s : 200ms;
    ThreadSample other = WaitsFor(201, "10.0.0.6:5432", "worker-1", 200);
    Read({first, other, WaitsFor(102, "10.0.0.5:5432")});
  }
  diagnosed_.at = now_ + 3s;
  diagnosed_.unix_time = 1'700'000'000;
  const v1::Report report = Report();
  ASSERT_GE(report.entries_size(), 1);
  const v1::ReportWait& wait = report.entries(0).pools(0).longest_wait();
  EXPECT_EQ(wait.seconds(), 5.8) << "and of the second after it, what the next one did not take";
  EXPECT_EQ(wait.culprit(), "10.0.0.5:5432");
  EXPECT_EQ(wait.unix_time(), 1'700'000'000 - 3 - 3);
}

TEST_F(DiagnosisTest, AClientWhoseDemandNobodySeesIsUnknown) {
  for (int second = 0; second < 12; ++second) {
    Read({WaitsFor(101, "10.0.0.5:5432"), WaitsFor(102, "10.0.0.5:5432")});
  }
  const v1::Report report = Report();
  ASSERT_EQ(report.entries_size(), 1);
  EXPECT_EQ(report.entries(0).cause(), "dependency");
  EXPECT_EQ(report.entries(0).severity(), "unknown");
}

TEST_F(DiagnosisTest, ABusyNeighbourThatCostsNothingIsNotNamed) {
  connections_ = {{.tgid = kShop, .clients = 20, .unread = 0}};
  for (int second = 0; second < 12; ++second) {
    Read({WaitsFor(101, "10.0.0.5:5432"), WaitsFor(102, "10.0.0.5:5432"),
          Runs(900, 1s, 0s, "cc1plus", 900), Runs(901, 1s, 0s, "cc1plus", 901)});
  }
  const v1::Report report = Report();
  ASSERT_GE(report.entries_size(), 1);
  EXPECT_EQ(report.entries(0).cause(), "dependency");
  EXPECT_EQ(report.host().users(0).name(), "cc1plus");
}

TEST_F(DiagnosisTest, PoolsThatSufferFromOneNeighbourAreOneEntry) {
  for (int second = 0; second < 12; ++second) {
    neighbours_.clear();
    std::vector<ThreadSample> threads{Runs(900, 1s, 0s, "cc1plus", 900)};
    for (const pid_t tgid : {100, 200, 300}) {
      ThreadSample thread = Runs(tgid, 300ms, 700ms, "batch", tgid);
      thread.pool_number = static_cast<std::uint32_t>(tgid);
      threads.push_back(thread);
      neighbours_.push_back({.tgid = tgid,
                             .pool_number = static_cast<std::uint32_t>(tgid),
                             .neighbour = 900,
                             .waited = 700ms,
                             .waits = 7});
    }
    Read(std::move(threads));
  }
  const v1::Report report = Report();
  ASSERT_EQ(report.entries_size(), 1);
  EXPECT_EQ(report.entries(0).cause(), "neighbour");
  EXPECT_EQ(report.entries(0).culprit(), "cc1plus");
  EXPECT_EQ(report.entries(0).pools_size(), 3);
}

TEST_F(DiagnosisTest, WorkersOfOneServerAreNoNeighbours) {
  roots_ = [](pid_t tgid) { return tgid == 101 || tgid == 102 ? 100 : tgid; };
  for (int second = 0; second < 12; ++second) {
    neighbours_ = {{.tgid = 101, .pool_number = 1, .neighbour = 102, .waited = 500ms, .waits = 5},
                   {.tgid = 102, .pool_number = 2, .neighbour = 101, .waited = 500ms, .waits = 5}};
    ThreadSample one = Runs(101, 500ms, 500ms, "worker", 101);
    ThreadSample other = Runs(102, 500ms, 500ms, "worker", 102);
    one.pool_number = 1;
    other.pool_number = 2;
    Read({one, other});
  }
  const v1::Report report = Report("worker");
  ASSERT_EQ(report.entries_size(), 1);
  EXPECT_EQ(report.entries(0).cause(), "own_queue");
  EXPECT_EQ(report.entries(0).pools(0).processes(), 2U);
}

TEST_F(DiagnosisTest, AServerWithAFullDoorAndNobodyFreeSaysBoth) {
  doors_ = {{.address = "0.0.0.0:80", .tgids = {kShop}, .queue = 512, .limit = 511}};
  for (int second = 0; second < 12; ++second) {
    Read({WaitsFor(101, "10.0.0.5:5432"), WaitsFor(102, "10.0.0.5:5432")});
  }
  const v1::Report report = Report();
  ASSERT_EQ(report.entries_size(), 1);
  EXPECT_EQ(report.entries(0).pools(0).severity_why(),
            "0 of 2 free, 512 of 511 at the door 0.0.0.0:80");
}

TEST_F(DiagnosisTest, AFreeWorkerMakesItAmple) {
  connections_ = {{.tgid = kShop, .clients = 20, .unread = 0}};
  for (int second = 0; second < 12; ++second) {
    std::vector<ThreadSample> threads{Waits(102, WaitReason::kPoll)};
    // The other rests there too, at every other look.
    threads.push_back(second % 2 == 0 ? WaitsFor(101, "10.0.0.5:5432")
                                      : Waits(101, WaitReason::kPoll));
    Read(std::move(threads));
  }
  EXPECT_THAT(Report().entries(), IsEmpty());
  EXPECT_EQ(Report("", true).entries(0).severity(), "ample");
}

TEST_F(DiagnosisTest, AParentThatNeverWorksIsNotFree) {
  connections_ = {{.tgid = kShop, .clients = 20, .unread = 0}};
  for (int second = 0; second < 12; ++second) {
    ThreadSample parent = Waits(100, WaitReason::kPoll);
    parent.place = 77;
    Read({parent, WaitsFor(101, "10.0.0.5:5432"), WaitsFor(102, "10.0.0.5:5432")});
  }
  ASSERT_EQ(Report().entries_size(), 1);
  EXPECT_EQ(Report().entries(0).severity(), "exhausted");
}

TEST_F(DiagnosisTest, WhoIsNeverWokenAndNotAskedRests) {
  for (int second = 0; second < 30; ++second) {
    ThreadSample thread = Waits(101, WaitReason::kSync);
    thread.futex = 0x7000;
    thread.in_state = (second + 1) * 1s;
    Read({thread});
  }
  const v1::Report report = Report(std::to_string(kShop));
  ASSERT_EQ(report.entries_size(), 1);
  EXPECT_EQ(report.entries(0).cause(), "idle");
  EXPECT_EQ(rows_.front().threads.idle, 1);
}

TEST_F(DiagnosisTest, ADeadlockBehindAFullDoorIsStuck) {
  doors_ = {{.address = "0.0.0.0:80", .tgids = {kShop}, .queue = 3, .limit = 511}};
  for (int second = 0; second < 12; ++second) {
    ThreadSample one = Waits(101, WaitReason::kLock);
    ThreadSample other = Waits(102, WaitReason::kLock);
    one.futex = 0x7000;
    other.futex = 0x8000;
    one.lock_owner = 102;
    other.lock_owner = 101;
    one.in_state = other.in_state = (second + 1) * 1s;
    Read({one, other});
  }
  const v1::Report report = Report();
  ASSERT_EQ(report.entries_size(), 1);
  EXPECT_EQ(report.entries(0).cause(), "deadlock");
  EXPECT_EQ(report.entries(0).severity(), "stuck");
}

TEST_F(DiagnosisTest, NamesAreServicesPidsAndPools) {
  for (int second = 0; second < 12; ++second) {
    Read({Waits(100, WaitReason::kPoll, "shop"), WaitsFor(101, "10.0.0.5:5432")});
  }
  EXPECT_EQ(Report("shop").entries_size(), 2);
  EXPECT_EQ(Report("100").entries_size(), 2);
  EXPECT_EQ(Report("shop/worker-*").entries_size(), 1);
  EXPECT_EQ(MakeReport(diagnosed_, "shoppe", false).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace loadline::agent
