// SPDX-License-Identifier: Apache-2.0
// Goal: threads of a service that says nothing are idle where they wait for work, and nowhere else.
// Method: a pool of eight threads around a queue of tasks, two connections for which tasks queue,
// and the model of the agent on readings of the probes.
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

#include "agent/src/model/home_condition.h"
#include "agent/src/model/host_model.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kThreads = 8;
constexpr int kConnections = 2;

class Pool {
 public:
  Pool() {
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this] { Work(); });
    }
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      quit_ = true;
    }
    wanted_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  void Submit(const std::function<void()>& task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push(task);
    }
    wanted_.notify_one();
  }

 private:
  void Work() {
    pthread_setname_np(pthread_self(), "home-worker");
    std::unique_lock lock(mutex_);
    while (!quit_) {
      if (tasks_.empty()) {
        wanted_.wait(lock);
        continue;
      }
      const std::function<void()> task = tasks_.front();
      tasks_.pop();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wanted_;
  std::queue<std::function<void()>> tasks_;
  bool quit_ = false;
  std::vector<std::thread> threads_;
};

class HomeTest : public ::testing::Test {
 protected:
  // The pool as the agent sees it now.
  PoolRow Look() {
    for (PoolRow& row : model_.Update(ReadHost(), {})) {
      if (row.pid == getpid() && row.pool == "home-worker") {
        return std::move(row);
      }
    }
    return {};
  }
  bool AllWait() {
    const PoolRow row = Look();
    return row.threads.idle + row.threads.waiting == kThreads;
  }

  HostModel model_{{.own_tgid = 1, .cpus = 1}};  // Not the agent's: ours is to be seen.
};

TEST_F(HomeTest, ThreadsAreIdleAtTheirQueueAndNotInFrontOfTheConnections) {
  Pool pool;
  for (int round = 0; round < HomeCondition::kQuietMomentsMin + 1; ++round) {
    for (int i = 0; i < kThreads; ++i) {
      pool.Submit([] { Sleep(1ms); });
    }
    Sleep(20ms);
    ASSERT_TRUE(Eventually([this] { return AllWait(); }));
  }
  const PoolRow at_home = Look();
  EXPECT_NE(at_home.home, 0u);
  EXPECT_EQ(at_home.threads.idle, kThreads);

  std::mutex mutex;
  std::condition_variable freed;
  int free = kConnections;
  bool answered = false;
  const auto request = [&] {
    std::unique_lock lock(mutex);
    freed.wait(lock, [&] { return free > 0; });
    --free;
    while (!answered) {
      lock.unlock();
      Sleep(1ms);  // The dependency.
      lock.lock();
    }
    ++free;
    freed.notify_one();
  };
  for (int i = 0; i < kThreads; ++i) {
    pool.Submit(request);
  }
  const auto hand_offs = [](const PoolRow& row) {
    return row.waits[static_cast<std::size_t>(WaitReason::kCondition)].threads;
  };
  EXPECT_TRUE(Eventually([&] { return hand_offs(Look()) == kThreads - kConnections; }));
  for (int reading = 0; reading < 20; ++reading) {
    const PoolRow row = Look();
    EXPECT_EQ(row.threads.idle, 0);
    EXPECT_EQ(hand_offs(row), kThreads - kConnections);
    Sleep(5ms);
  }
  {
    const std::lock_guard lock(mutex);
    answered = true;
  }
  EXPECT_TRUE(Eventually([this] { return Look().threads.idle == kThreads; }));
}

}  // namespace
}  // namespace loadline::agent
