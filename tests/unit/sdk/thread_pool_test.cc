// SPDX-License-Identifier: Apache-2.0
//
// Goal: tasks run once or are dropped once; resizing never waits and never strands work.
// Method: real threads held at a latch, so that each state is reached for certain; a FakeClock for
// deadlines, windows and parking. What tasks refer to is declared before the pool, which joins its
// threads when it goes.
#include "loadline/thread_pool.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "loadline/control_thread.h"
#include "loadline/testing/eventually.h"
#include "loadline/testing/fake_clock.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::Eventually;
using ::testing::HasSubstr;

class ThreadPoolTest : public ::testing::Test {
 protected:
  std::unique_ptr<ThreadPool> MakePool(ThreadPoolOptions options = {}) {
    options.name = options.name.empty() ? "pool" : options.name;
    options.clock = &clock_;
    auto pool = ThreadPool::Create(options);
    EXPECT_EQ(pool.status(), absl::OkStatus());
    return *std::move(pool);
  }

  // Tasks that run until Release().
  void Hang(ThreadPool& pool, int tasks) {
    const int before = running_.load();
    for (int i = 0; i < tasks; ++i) {
      ASSERT_EQ(pool.Submit([this, released = released_] {
        running_.fetch_add(1);
        released.wait();
        running_.fetch_sub(1);
      }),
                Submitted::kAccepted);
    }
    ASSERT_TRUE(Eventually([&] { return running_.load() == before + tasks; }));
  }
  void Release() { release_.set_value(); }

  void TickAfter(ThreadPool& pool, Clock::Duration step) {
    clock_.Advance(step);
    pool.Tick({.now = clock_.Now()});
  }

  testing::FakeClock clock_;
  std::atomic<int> running_{0};
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
};

ThreadPoolOptions Fixed(int threads) {
  return {.name = {},
          .sizing = Sizing::kFixed,
          .threads_min = 1,
          .threads_initial = threads,
          .threads_max = 16};
}

TEST_F(ThreadPoolTest, RunsEveryAcceptedTaskOnce) {
  std::atomic<int> ran{0};
  auto pool = MakePool(Fixed(4));
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(pool->Submit([&] { ran.fetch_add(1); }), Submitted::kAccepted);
  }
  pool->Shutdown(Drain::kFinishQueued);
  EXPECT_EQ(ran.load(), 500);
  EXPECT_EQ(pool->Stats().completed_total, 500);
}

TEST_F(ThreadPoolTest, RefusesWhenTheQueueIsFull) {
  ThreadPoolOptions options = Fixed(1);
  options.queue_max = 2;
  auto pool = MakePool(options);
  Hang(*pool, 1);
  EXPECT_EQ(pool->Submit([] {}), Submitted::kAccepted);
  EXPECT_EQ(pool->Submit([] {}), Submitted::kAccepted);
  EXPECT_EQ(pool->Submit([] {}), Submitted::kQueueFull);
  EXPECT_EQ(pool->Stats().refused_total, 1);
  Release();
}

TEST_F(ThreadPoolTest, DropsATaskWhoseDeadlinePassedInTheQueue) {
  ThreadPoolOptions options = Fixed(1);
  options.queue_deadline = 100ms;
  std::atomic<int> dropped{0}, ran{0};
  auto pool = MakePool(options);
  Hang(*pool, 1);
  const auto submit = [&](std::optional<Clock::Duration> deadline) {
    TaskOptions task{.queue_deadline = deadline, .on_dropped = [&] { dropped.fetch_add(1); }};
    EXPECT_EQ(pool->Submit([&] { ran.fetch_add(1); }, std::move(task)), Submitted::kAccepted);
  };
  submit(std::nullopt);
  submit(500ms);
  TickAfter(*pool, 101ms);  // All workers hang: the tick finds it.
  EXPECT_EQ(dropped.load(), 1);
  clock_.Advance(400ms);
  Release();  // The worker finds the other.
  ASSERT_TRUE(Eventually([&] { return dropped.load() == 2; }));
  EXPECT_EQ(ran.load(), 0);
  EXPECT_EQ(pool->Stats().expired_total, 2);
}

TEST_F(ThreadPoolTest, MakesRoomForNewTasksByDroppingOverdueOnes) {
  ThreadPoolOptions options = Fixed(1);
  options.queue_max = 1;
  options.queue_deadline = 10ms;
  auto pool = MakePool(options);
  Hang(*pool, 1);
  EXPECT_EQ(pool->Submit([] {}), Submitted::kAccepted);
  clock_.Advance(11ms);
  EXPECT_EQ(pool->Submit([] {}), Submitted::kAccepted);
  Release();
}

TEST_F(ThreadPoolTest, GrowsWhileAllWorkersHang) {
  std::promise<void> ran;
  auto pool = MakePool(Fixed(1));
  Hang(*pool, 1);
  EXPECT_EQ(pool->Submit([&] { ran.set_value(); }), Submitted::kAccepted);
  pool->Resize(2);
  ran.get_future().wait();
  Release();
}

TEST_F(ThreadPoolTest, ShrinksWithoutWaitingForHungWorkers) {
  auto pool = MakePool(Fixed(4));
  Hang(*pool, 4);
  pool->Resize(2);  // Returns, though no worker can leave.
  EXPECT_EQ(pool->Stats().threads, 4);
  Release();
  EXPECT_TRUE(Eventually([&] { return pool->Stats().threads == 2; }));
  EXPECT_EQ(pool->Stats().threads_parked, 2);
}

TEST_F(ThreadPoolTest, IdleWorkersParkAtOnceAndEndAfterAMinute) {
  auto pool = MakePool(Fixed(4));
  ASSERT_TRUE(Eventually([&] { return pool->tids().size() == 4; }));
  pool->Resize(1);
  ASSERT_TRUE(Eventually([&] { return pool->Stats().threads_parked == 3; }));
  TickAfter(*pool, 59s);
  EXPECT_EQ(pool->tids().size(), 4U);
  const std::uint64_t version = pool->tids_version();
  TickAfter(*pool, 1s);
  EXPECT_TRUE(Eventually([&] { return pool->tids().size() == 1; }));
  EXPECT_GT(pool->tids_version(), version);
}

TEST_F(ThreadPoolTest, ParkedWorkersComeBackBeforeNewOnesAreStarted) {
  auto pool = MakePool(Fixed(4));
  ASSERT_TRUE(Eventually([&] { return pool->tids().size() == 4; }));
  const std::vector<pid_t> before = pool->tids();
  pool->Resize(1);
  ASSERT_TRUE(Eventually([&] { return pool->Stats().threads_parked == 3; }));
  pool->Resize(4);
  EXPECT_EQ(pool->tids(), before);
  Hang(*pool, 4);
  Release();
}

TEST_F(ThreadPoolTest, ASelfSizingPoolGrowsWhenEveryWorkerHangs) {
  std::promise<void> ran;
  auto pool = MakePool({.name = {}, .threads_min = 1, .threads_initial = 2, .threads_max = 16});
  Hang(*pool, 2);
  EXPECT_EQ(pool->Submit([&] { ran.set_value(); }), Submitted::kAccepted);
  TickAfter(*pool, 100ms);  // Two tasks were started in this window.
  TickAfter(*pool, 100ms);  // None in this one.
  ran.get_future().wait();
  Release();
}

TEST_F(ThreadPoolTest, ATaskThatWaitsForItsOwnPoolMaySaySo) {
  std::promise<void> outer;
  auto pool = MakePool(Fixed(1));
  EXPECT_EQ(pool->Submit([&] {
    // Shared, because this task may go on before set_value() is through with it.
    const auto inner = std::make_shared<std::promise<void>>();
    EXPECT_EQ(pool->Submit([inner] { inner->set_value(); }), Submitted::kAccepted);
    ThreadPool::BlockingScope waiting(*pool);
    inner->get_future().wait();
    outer.set_value();
  }),
            Submitted::kAccepted);
  outer.get_future().wait();
  EXPECT_TRUE(Eventually([&] { return pool->Stats().threads == 1; }));
}

// Its threads are the parent's: whoever joins them in a child waits for ever.
TEST_F(ThreadPoolTest, AChildOfForkMayDestroyThePool) {
  auto pool = MakePool(Fixed(3));
  Hang(*pool, 1);  // One works, two wait.
  auto control = *ControlThread::Start({});
  std::optional<Attachment> attached(control->Attach(*pool));
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    const bool refused = pool->Submit([] {}) == Submitted::kShutdown;
    pool->Resize(1);
    pool->Tick({.now = clock_.Now() + 1s});
    { const ThreadPool::BlockingScope scope(*pool); }
    const bool none = pool->tids().empty() && pool->Stats().threads == 0;
    pool->Shutdown(Drain::kFinishQueued);
    attached.reset();
    control.reset();
    pool.reset();
    _exit(refused && none ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(pool->Stats().threads, 3);
  Release();
}

TEST_F(ThreadPoolTest, ShutdownCanDropWhatIsQueued) {
  std::atomic<int> dropped{0}, ran{0};
  auto pool = MakePool(Fixed(1));
  Hang(*pool, 1);
  EXPECT_EQ(pool->Submit([&] { ran.fetch_add(1); }, {.on_dropped = [&] { dropped.fetch_add(1); }}),
            Submitted::kAccepted);
  std::thread stopper([&] { pool->Shutdown(Drain::kDropQueued); });
  EXPECT_TRUE(Eventually([&] { return dropped.load() == 1; }));
  Release();
  stopper.join();
  EXPECT_EQ(ran.load(), 0);
  EXPECT_EQ(pool->Submit([] {}), Submitted::kShutdown);
}

// Submits until it is refused; what was accepted before does nothing.
void AwaitShutdown(ThreadPool& pool) {
  ASSERT_TRUE(Eventually([&] { return pool.Submit([] {}) == Submitted::kShutdown; }));
}

TEST_F(ThreadPoolTest, AShutdownThatWaitsForATaskHoldsUpNeitherTicksNorResizes) {
  auto pool = MakePool(Fixed(1));
  Hang(*pool, 1);
  std::thread stopper([&] { pool->Shutdown(Drain::kDropQueued); });
  AwaitShutdown(*pool);
  clock_.Advance(100ms);
  std::future<void> ticked = std::async(std::launch::async, [&] {
    pool->Tick({.now = clock_.Now()});  // As the thread does that ticks all the others too.
    pool->Resize(8);
  });
  EXPECT_EQ(ticked.wait_for(10s), std::future_status::ready);
  Release();
  stopper.join();
}

TEST_F(ThreadPoolTest, ATaskMayWaitForItsOwnPoolWhileThatDrains) {
  std::promise<void> queued, drains;
  const auto inner = std::make_shared<std::promise<void>>();
  std::atomic<bool> ran{false};
  auto pool = MakePool(Fixed(1));
  EXPECT_EQ(pool->Submit([&] {
    EXPECT_EQ(pool->Submit([inner] { inner->set_value(); }), Submitted::kAccepted);
    queued.set_value();
    drains.get_future().wait();
    ThreadPool::BlockingScope waiting(*pool);
    ran = inner->get_future().wait_for(10s) == std::future_status::ready;
  }),
            Submitted::kAccepted);
  queued.get_future().wait();
  std::thread stopper([&] { pool->Shutdown(Drain::kFinishQueued); });
  AwaitShutdown(*pool);
  drains.set_value();
  stopper.join();
  EXPECT_TRUE(ran.load());
}

TEST_F(ThreadPoolTest, ATaskThatMayWaitForEverIsQueuedForEver) {
  std::atomic<int> ran{0};
  ThreadPoolOptions options = Fixed(1);
  options.queue_deadline = Clock::Duration::max();
  clock_.Advance(1s);
  auto pool = MakePool(options);
  EXPECT_EQ(pool->Submit([&] { ran.fetch_add(1); }), Submitted::kAccepted);
  EXPECT_EQ(pool->Submit([&] { ran.fetch_add(1); }, {.queue_deadline = Clock::Duration::max()}),
            Submitted::kAccepted);
  pool->Shutdown(Drain::kFinishQueued);
  EXPECT_EQ(ran.load(), 2);
}

TEST_F(ThreadPoolTest, NamesItsThreadsAndKeepsTheNumber) {
  ThreadPoolOptions options = Fixed(12);
  options.name = "a-very-long-name";
  auto pool = MakePool(options);
  ASSERT_TRUE(Eventually([&] { return pool->tids().size() == 12; }));
  std::vector<std::string> names;
  for (const pid_t tid : pool->tids()) {
    std::getline(std::ifstream("/proc/self/task/" + std::to_string(tid) + "/comm"),
                 names.emplace_back());
  }
  EXPECT_THAT(names, ::testing::IsSupersetOf({"a-very-long-n-0", "a-very-long--11"}));
}

TEST_F(ThreadPoolTest, CountsTimeInsideTasksRunningOnesIncluded) {
  auto pool = MakePool(Fixed(2));
  Hang(*pool, 2);
  clock_.Advance(30ms);
  EXPECT_EQ(pool->Stats().busy_total, 60ms);
  EXPECT_EQ(pool->Stats().task_time_total, 0ms);
  Release();
}

struct BadOptions {
  const char* named;
  void (*spoil)(ThreadPoolOptions&);
};
class ThreadPoolOptionsTest : public ::testing::TestWithParam<BadOptions> {};

TEST_P(ThreadPoolOptionsTest, NamesWhatIsOutOfRange) {
  ThreadPoolOptions options{.name = "p"};
  GetParam().spoil(options);
  const absl::Status status = ThreadPool::Create(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().named));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ThreadPoolOptionsTest,
    ::testing::Values(BadOptions{"pool name: \"\"", [](auto& o) { o.name = ""; }},
                      BadOptions{"pool name: \"a b\"", [](auto& o) { o.name = "a b"; }},
                      BadOptions{"threads_min: 0", [](auto& o) { o.threads_min = 0; }},
                      BadOptions{"threads_max: 1", [](auto& o) { o.threads_max = 1; }},
                      BadOptions{"threads_max: 70000", [](auto& o) { o.threads_max = 70000; }},
                      BadOptions{"threads_initial: 300", [](auto& o) { o.threads_initial = 300; }},
                      BadOptions{"queue_max: 0", [](auto& o) { o.queue_max = 0; }},
                      BadOptions{"task_deadline: 0", [](auto& o) { o.task_deadline = 0ms; }},
                      BadOptions{"queue_deadline: -1", [](auto& o) { o.queue_deadline = -1ms; }},
                      BadOptions{"clock", [](auto& o) { o.clock = nullptr; }}));

TEST(ThreadPoolOptionsDefaultsTest, ASizeThatIsNotGivenStartsWithinNarrowBounds) {
  const auto threads = [](const ThreadPoolOptions& options) {
    return (*ThreadPool::Create(options))->Stats().target.threads;
  };
  EXPECT_EQ(threads({.name = "p"}), 8);
  EXPECT_EQ(threads({.name = "p", .threads_max = 4}), 4);
  EXPECT_EQ(threads({.name = "p", .threads_min = 9}), 9);
}

}  // namespace
}  // namespace loadline
