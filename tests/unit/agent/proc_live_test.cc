// SPDX-License-Identifier: Apache-2.0
// Goal: what /proc of the running kernel says about real threads is read right, without privilege.
// Method: threads of this process that wait for something known; readings until each is seen.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/src/sampler/proc_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loadline/steady_clock.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;  // NOLINT
using enum WaitReason;

constexpr Clock::Duration kPatience = 20s;

class ProcLiveTest : public ::testing::Test {
 protected:
  ProcLiveTest() {
    auto source = ProcSource::Create(
        {.clock = &clock_, .cpus = static_cast<int>(std::thread::hardware_concurrency())});
    if (source.ok()) {
      source_ = *std::move(source);
    }
  }
  void SetUp() override {
    if (source_ == nullptr) {
      GTEST_SKIP() << "this kernel does not count run-queue time";
    }
  }
  // To be called while what the threads refer to is still there.
  void Join() {
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
  }

  void Run(const std::string& name, std::function<void()> work) {
    threads_.emplace_back([name, work = std::move(work)] {
      pthread_setname_np(pthread_self(), name.c_str());
      work();
    });
  }

  ThreadSample Read(const std::string& name) {
    const std::array<pid_t, 1> self = {getpid()};
    EXPECT_TRUE(source_->ReadProcesses(self, reading_).ok());
    for (const ThreadSample& sample : reading_.threads) {
      if (sample.name == name) {
        return sample;
      }
    }
    return {};
  }

  // Reads until `name` is as wanted; false after long enough.
  bool Becomes(const std::string& name, const std::function<bool(const ThreadSample&)>& wanted) {
    const Clock::Time until = clock_.Now() + kPatience;
    while (clock_.Now() < until) {
      if (wanted(Read(name))) {
        return true;
      }
      std::this_thread::yield();
    }
    return false;
  }
  bool WaitsFor(const std::string& name, WaitReason reason) {
    return Becomes(name, [reason](const ThreadSample& sample) {
      return sample.state == ThreadState::kBlocked && sample.reason == reason;
    });
  }

  const SteadyClock& clock_ = SteadyClock::Get();
  std::unique_ptr<ProcSource> source_;
  HostReading reading_;
  std::vector<std::thread> threads_;
};

TEST_F(ProcLiveTest, AMutexIsALockAndAConditionACondition) {
  std::mutex held;
  held.lock();
  Run("locked", [&held] { const std::lock_guard lock(held); });
  std::mutex mutex;
  std::condition_variable wakeup;
  bool go = false;
  Run("waiting", [&] {
    std::unique_lock lock(mutex);
    wakeup.wait(lock, [&go] { return go; });
  });
  EXPECT_TRUE(WaitsFor("locked", kLock));
  EXPECT_TRUE(WaitsFor("waiting", kCondition));
  held.unlock();
  {
    const std::lock_guard lock(mutex);
    go = true;
  }
  wakeup.notify_all();
  Join();
}

TEST_F(ProcLiveTest, APipeIsIpcAndManyDescriptorsAreAPoll) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  Run("piped", [&pipe] {
    char byte = 0;
    EXPECT_EQ(::read(pipe[0], &byte, 1), 1);
  });
  const int event = ::eventfd(0, 0);
  Run("polling", [event] {
    std::array<pollfd, 5> set{};
    set.fill({.fd = event, .events = POLLIN, .revents = 0});
    EXPECT_EQ(::poll(set.data(), set.size(), -1), 5);
  });
  EXPECT_TRUE(WaitsFor("piped", kIpc));
  EXPECT_TRUE(WaitsFor("polling", kPoll));
  EXPECT_EQ(::write(pipe[1], "x", 1), 1);
  EXPECT_EQ(::eventfd_write(event, 1), 0);
  Join();
}

TEST_F(ProcLiveTest, AReceiverNamesItsPeerAlsoWhenItPollsFirst) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener, generic, size), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  ASSERT_EQ(::getsockname(listener, generic, &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(client, generic, size), 0);
  const int server = ::accept(listener, nullptr, nullptr);

  Run("receiving", [client] {
    char byte = 0;
    EXPECT_EQ(::recv(client, &byte, 1, 0), 1);
  });
  Run("libpq", [client] {
    pollfd one{.fd = client, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&one, 1, -1), 1);
  });
  Run("accepting", [listener] { ::close(::accept(listener, nullptr, nullptr)); });
  const auto port = std::to_string(ntohs(address.sin_port));
  for (const char* name : {"receiving", "libpq"}) {
    EXPECT_TRUE(Becomes(name, [&port](const ThreadSample& sample) {
      return sample.reason == kNetwork && sample.peer.text == "127.0.0.1:" + port;
    })) << name;
  }
  EXPECT_TRUE(WaitsFor("accepting", kPoll));
  const int last = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(::connect(last, generic, size), 0);
  EXPECT_EQ(::send(server, "xx", 2, 0), 2);
  Join();
}

TEST_F(ProcLiveTest, AParentWaitsForItsChild) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    ::_exit(::read(pipe[0], &byte, 1) == 1 ? 0 : 1);
  }
  Run("parent", [child] { EXPECT_EQ(::waitpid(child, nullptr, 0), child); });
  EXPECT_TRUE(WaitsFor("parent", kChild));
  EXPECT_EQ(::write(pipe[1], "x", 1), 1);
  Join();
}

TEST_F(ProcLiveTest, ASpinningThreadRunsAndItsTimeAddsUp) {
  std::atomic<bool> stop = false;
  Run("spinning", [&stop] {
    while (!stop.load(std::memory_order_relaxed)) {
    }
  });
  EXPECT_TRUE(Becomes("spinning", [](const ThreadSample& sample) {
    return sample.state == ThreadState::kRunning;
  }));
  const PoolCounters before = Read("spinning").counters;
  const Clock::Time began = reading_.taken_at;
  EXPECT_TRUE(Becomes("spinning", [&](const ThreadSample& sample) {
    return sample.counters.on_cpu - before.on_cpu > 500ms;
  }));
  const PoolCounters spent = Read("spinning").counters - before;
  const Clock::Duration wall = reading_.taken_at - began;
  stop = true;
  Join();
  const Clock::Duration sum = spent.on_cpu + spent.RunQueue() + spent.Blocked();
  EXPECT_NEAR(static_cast<double>(sum.count()), static_cast<double>(wall.count()),
              0.02 * static_cast<double>(wall.count()));
  EXPECT_LT(spent.Blocked(), wall / 50);  // It never blocked.
}

TEST_F(ProcLiveTest, TheInnerNumberIsTheOneThatTheThreadSees) {
  std::atomic<pid_t> tid = 0;
  std::atomic<bool> stop = false;
  Run("numbered", [&] {
    tid = static_cast<pid_t>(::syscall(SYS_gettid));
    stop.wait(false);
  });
  EXPECT_TRUE(Becomes("numbered", [&](const ThreadSample& sample) {
    return sample.tid_inner == tid && sample.reason == kSync;
  }));
  stop = true;
  stop.notify_all();
  Join();
}

}  // namespace
}  // namespace loadline::agent
