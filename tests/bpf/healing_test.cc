// SPDX-License-Identifier: Apache-2.0
// Goal: nothing that matters depends on an event of a thread, which the kernel may leave out: the
// next reading has its beginning, its name and its program. Method: the probes without the programs
// for those events, as if the kernel had left out every single one.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/src/kernel/bpf_source.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {

absl::StatusOr<std::unique_ptr<Source>> OpenTestSource() {
  return BpfSource::Create({.thread_events = false});
}

namespace {

using std::chrono_literals::operator""ms;

constexpr auto kOldAfter = 1200ms;  // Each reading reports the pools of younger threads.

std::optional<ThreadSample> Find(const HostReading& reading, pid_t tid) {
  for (const ThreadSample& thread : reading.threads) {
    if (thread.tid == tid) {
      return thread;
    }
  }
  return std::nullopt;
}

void NameThisThread(const char* name) { pthread_setname_np(pthread_self(), name); }

// A thread that does one thing after the other, and waits in between.
class Puppet {
 public:
  explicit Puppet(std::function<void(int step)> act)
      : thread_([this, act = std::move(act)] {
          tid_ = ThisThread();
          for (int step = 0; step >= 0; step = wanted_) {
            act(step);
            done_ = step;
            wanted_.wait(step);
          }
        }) {
    Await(0);
  }
  ~Puppet() {
    Want(-1);
    thread_.join();
  }
  void Do(int step) {
    Want(step);
    Await(step);
  }
  pid_t tid() const { return tid_; }

 private:
  void Want(int step) {
    wanted_ = step;
    wanted_.notify_all();
  }
  void Await(int step) {
    EXPECT_TRUE(Eventually([&] { return done_ == step; }));
    Sleep(20ms);  // It waits by then. A queued thread would be reported anyway.
  }

  std::atomic<pid_t> tid_{0};
  std::atomic<int> wanted_{0};
  std::atomic<int> done_{-1};
  std::thread thread_;
};

TEST(HealingTest, ThreadsWithoutAnEventOfTheirBeginningAreInTheNextReading) {
  ReadHost();
  std::atomic<bool> spin{true};
  std::atomic<bool> spins{false};
  std::thread spinner([&] {
    NameThisThread("unseen-1");
    spins = true;
    while (spin) {
    }
  });
  const Puppet sleeper([](int) { NameThisThread("unseen-2"); });
  EXPECT_TRUE(Eventually([&] { return spins.load(); }));
  int seen = 0;
  std::uint32_t number = 0;
  for (const ThreadSample& thread : ReadHost().threads) {
    if (thread.tgid == getpid() && thread.name.view().starts_with("unseen-")) {
      ++seen;
      EXPECT_TRUE(number == 0 || thread.pool_number == number);
      number = thread.pool_number;
    }
  }
  spin = false;
  spinner.join();
  EXPECT_EQ(seen, 2);
  EXPECT_NE(number, 0u);
}

TEST(HealingTest, ANameWithoutAnEventIsInTheNextReading) {
  const Puppet model([](int) { NameThisThread("after"); });
  Puppet puppet([](int step) { NameThisThread(step == 0 ? "before" : "after"); });
  Sleep(kOldAfter);
  const auto before = Find(ReadHost(), puppet.tid());
  ReadHost();  // Makes the walk that something may have asked for.
  puppet.Do(1);
  const HostReading reading = ReadHost();
  const auto after = Find(reading, puppet.tid());
  ASSERT_TRUE(before.has_value() && after.has_value());
  EXPECT_EQ(before->name, "before");
  EXPECT_EQ(after->name, "after");
  EXPECT_EQ(after->pool_number, Find(reading, model.tid())->pool_number);
}

TEST(HealingTest, ANewNameChangesNoPoolThatWasAssigned) {
  Puppet puppet([](int step) { NameThisThread(step == 0 ? "before" : "after"); });
  ReadHost();
  ASSERT_TRUE(Probes().AssignPool(puppet.tid(), 7).ok());
  puppet.Do(1);
  const auto after = Find(ReadHost(), puppet.tid());
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->name, "after");
  EXPECT_EQ(after->pool_number, 7u);
}

// A thread may end before a reading has seen its last name.
TEST(HealingTest, AThreadThatEndsSoonAfterARenameIsCountedUnderItsLastName) {
  std::atomic<int> step{0};
  std::thread thread([&] {
    NameThisThread("early");
    step = 1;
    step.wait(1);
    NameThisThread("late");
  });
  ASSERT_TRUE(Eventually([&] { return step == 1; }));
  Sleep(20ms);
  ReadHost();
  step = 2;
  step.notify_all();
  thread.join();
  std::int64_t late = 0;
  EXPECT_TRUE(Eventually([&] {
    for (const ExitedThreads& one : ReadHost().exited) {
      late += one.tgid == getpid() && one.name == "late" ? one.threads : 0;
    }
    return late != 0;
  }));
  EXPECT_EQ(late, 1);
}

// A child whose first or second thread executes sleep at Go().
class Executer {
 public:
  explicit Executer(bool first) {
    EXPECT_EQ(pipe(go_), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const auto execute = [this] {
        char byte = 0;
        if (read(go_[0], &byte, 1) == 1) {
          execl("/bin/sleep", "sleep", "1000", nullptr);
        }
        _exit(1);
      };
      NameThisThread("executer");
      if (first) {
        execute();
      }
      std::thread(execute).join();
    }
    Sleep(20ms);
  }
  ~Executer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(go_[0]);
    close(go_[1]);
  }
  void Go() {
    EXPECT_EQ(write(go_[1], "x", 1), 1);
    Sleep(100ms);
  }
  pid_t pid() const { return pid_; }

 private:
  int go_[2];
  pid_t pid_;
};

TEST(HealingTest, AnExecWithoutAnEventLeavesThePoolOfTheProgramBefore) {
  Executer child(true);
  ReadHost();
  ASSERT_TRUE(Probes().AssignPool(child.pid(), 7).ok());
  Sleep(kOldAfter);
  ReadHost();
  child.Go();
  const auto after = Find(ReadHost(), child.pid());
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->name, "sleep");
  EXPECT_GT(after->pool_number, 0x80000000u);
}

// The second thread has the first one's number after its exec. It sleeps, so that no switch of its
// own puts its slot right, but two readings do.
TEST(HealingTest, AnExecByAnotherThreadWithoutAnEventIsThereAfterTwoReadings) {
  Executer child(false);
  Sleep(kOldAfter);
  ReadHost();
  child.Go();
  ReadHost();
  Sleep(200ms);
  const HostReading reading = ReadHost();
  const auto after = Find(reading, child.pid());
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->name, "sleep");
  EXPECT_LT(after->counters.on_cpu, 100ms);
  int threads = 0;
  for (const ThreadSample& thread : reading.threads) {
    threads += thread.tgid == child.pid() ? 1 : 0;
  }
  EXPECT_EQ(threads, 1);
}

}  // namespace
}  // namespace loadline::agent
