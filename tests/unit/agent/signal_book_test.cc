// SPDX-License-Identifier: Apache-2.0
// Goal: a service hears of the threads it registered, by totals that only grow.
// Method: readings and registrations as data.
#include "agent/src/model/signal_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""s;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::Thread;
using testing::WithCpu;

class SignalBookTest : public ::testing::Test {
 protected:
  std::vector<PoolMember> Read(std::vector<ThreadSample> threads) {
    now_ += 1s;
    HostReading reading;
    reading.taken_at = now_;
    reading.threads = std::move(threads);
    return book_.Update(reading, registered_);
  }

  std::vector<Registration> registered_ = {{.tgid = 100,
                                            .service = "orders",
                                            .pools = {"db", "web"},
                                            .pool_of_inner_tid = {{1, "db"}, {2, "db"}}}};
  SignalBook book_;
  Clock::Time now_{};
};

ThreadSample Inner(pid_t tid, pid_t inner, Clock::Duration on_cpu) {
  ThreadSample thread = WithCpu(Thread(100, tid, "x"), on_cpu);
  thread.tid_inner = inner;
  return thread;
}

TEST_F(SignalBookTest, CountsWhatThreadsDoFromThenOn) {
  Read({Inner(501, 1, 10s), Inner(502, 2, 20s), Inner(503, 3, 30s)});
  Read({Inner(501, 1, 11s), Inner(502, 2, 22s), Inner(503, 3, 33s)});

  const auto pools = book_.PoolsOf(100);
  ASSERT_THAT(pools, SizeIs(2));
  EXPECT_EQ(pools.at("db").counters.on_cpu, 3s);
  EXPECT_EQ(pools.at("db").threads, 2);
  EXPECT_EQ(pools.at("db").taken_at, now_);
  EXPECT_EQ(pools.at("web").threads, 0);
}

TEST_F(SignalBookTest, AThreadThatEndsTakesNothingAway) {
  Read({Inner(501, 1, 0s), Inner(502, 2, 0s)});
  Read({Inner(501, 1, 5s), Inner(502, 2, 5s)});
  Read({Inner(501, 1, 6s)});

  EXPECT_EQ(book_.PoolsOf(100).at("db").counters.on_cpu, 11s);
  EXPECT_EQ(book_.PoolsOf(100).at("db").threads, 1);
}

TEST_F(SignalBookTest, TellsOncePerThreadWhichPoolItIsIn) {
  const auto first = Read({Inner(501, 1, 0s), Inner(502, 2, 0s), Inner(503, 3, 0s)});
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(first[0].pool, first[1].pool);
  EXPECT_GT(first[0].pool, 0u);
  EXPECT_THAT(Read({Inner(501, 1, 0s), Inner(502, 2, 0s)}), IsEmpty());

  registered_[0].pool_of_inner_tid[2] = "web";
  const auto moved = Read({Inner(501, 1, 0s), Inner(502, 2, 0s)});
  ASSERT_THAT(moved, SizeIs(1));
  EXPECT_EQ(moved[0].tid, 502);
  EXPECT_NE(moved[0].pool, first[0].pool);
}

TEST_F(SignalBookTest, ProcessesThatLeaveAreForgottenAndOthersAreNotHeardOf) {
  Read({Inner(501, 1, 0s), WithCpu(Thread(200, 1, "stranger"), 5s)});
  EXPECT_THAT(book_.PoolsOf(200), IsEmpty());
  registered_.clear();
  Read({});
  EXPECT_THAT(book_.PoolsOf(100), IsEmpty());
}

}  // namespace
}  // namespace loadline::agent
