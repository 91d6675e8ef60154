// SPDX-License-Identifier: Apache-2.0
// Goal: a thread that is not let go on is `stopped`, whatever it did, as long as it is held, and
// with who holds it; then it is what it was. Method: a process with threads that run, wait for a
// lock, for a peer and for the time is stopped by a signal, by a tracer and by the freezers of both
// versions of control groups. $LOADLINE_TEST_SOURCE is the source under test.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "agent/src/kernel/bpf_source.h"
#include "agent/src/kernel/iter_source.h"
#include "agent/src/sampler/proc_source.h"
#include "loadline/steady_clock.h"
#include "tests/bpf/freezer_group.h"
#include "tests/bpf/probes_env.h"
#include "tests/bpf/tcp_pair.h"

namespace loadline::agent {
namespace {

std::string_view SourceUnderTest() {
  const char* name = std::getenv("LOADLINE_TEST_SOURCE");
  return name == nullptr ? "bpf" : name;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenTestSource() {
  if (SourceUnderTest() == "bpf") {
    return BpfSource::Create();
  }
  const auto cpus = static_cast<int>(std::thread::hardware_concurrency());
  if (SourceUnderTest() == "iter") {
    return IterSource::Create(cpus);
  }
  return ProcSource::Create({.clock = &SteadyClock::Get(), .cpus = cpus});
}

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

const std::map<std::string, WaitReason> kWaiting = {{"locked", WaitReason::kLock},
                                                    {"receiver", WaitReason::kNetwork},
                                                    {"sleeper", WaitReason::kSleep}};

void Begin(const char* name, void (*work)()) {
  std::thread([name, work] {
    pthread_setname_np(pthread_self(), name);
    work();
  }).detach();
}

[[noreturn]] void Live() {
  static std::mutex mutex;
  static const TcpPair pair;
  mutex.lock();
  Begin("spinner", [] {
    for (;;) {
    }
  });
  Begin("locked", [] { mutex.lock(); });
  Begin("receiver", [] { pair.Receive(); });
  Begin("sleeper", [] { std::this_thread::sleep_for(std::chrono::hours(1)); });
  for (;;) {
    pause();
  }
}

class Victim {
 public:
  Victim() : pid_(fork()) {
    if (pid_ == 0) {
      Live();
    }
    EXPECT_TRUE(Eventually([this] { return IsAtWork(); }));
  }
  ~Victim() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, __WALL);
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  pid_t pid() const { return pid_; }
  std::map<std::string, ThreadSample> Read() const {
    HostReading reading;
    EXPECT_TRUE(Probes().ReadProcesses({&pid_, 1}, reading).ok());
    std::map<std::string, ThreadSample> threads;
    for (ThreadSample& thread : reading.threads) {
      threads[thread.tid == pid_ ? "first" : std::string(thread.name.view())] = std::move(thread);
    }
    return threads;
  }
  // All of them do what they are named after.
  bool IsAtWork() const {
    auto threads = Read();
    const bool spins = threads["spinner"].state != ThreadState::kBlocked;
    return spins && std::ranges::all_of(kWaiting, [&](const auto& one) {
             const ThreadSample& thread = threads[one.first];
             return thread.state == ThreadState::kBlocked && thread.reason == one.second;
           });
  }
  bool IsHeldBy(Holder holder) const {
    const auto threads = Read();
    return threads.size() == kWaiting.size() + 2 &&
           std::ranges::all_of(threads, [&](const auto& one) {
             return one.second.state == ThreadState::kBlocked &&
                    one.second.reason == WaitReason::kStopped && one.second.holder == holder &&
                    one.second.futex == 0;
           });
  }

 private:
  const pid_t pid_;
};

std::string Classes(const PoolCounters& spent) {
  std::string text = "on CPU " + std::to_string(Seconds(spent.on_cpu)) + ", queued " +
                     std::to_string(Seconds(spent.RunQueue()));
  for (const WaitReasonInfo& info : kWaitReasons) {
    if (spent.blocked_for(info.reason) > Clock::Duration{}) {
      text += ", " + std::string(info.name) + " " +
              std::to_string(Seconds(spent.blocked_for(info.reason)));
    }
  }
  return text;
}

// Between the two, `stop` holds all threads; what readings see is seen each 20 ms.
void ExpectAllToBeStopped(const Victim& victim, Holder holder, const std::function<bool()>& stop,
                          const std::function<bool()>& go_on) {
  ASSERT_TRUE(stop());
  ASSERT_TRUE(Eventually([&] { return victim.IsHeldBy(holder); }));
  const Clock::Time start = Now();
  auto before = victim.Read();
  while (Now() - start < 1s) {
    Sleep(20ms);
    EXPECT_TRUE(victim.IsHeldBy(holder));
  }
  ASSERT_TRUE(go_on());
  EXPECT_TRUE(Eventually([&] { return victim.IsAtWork(); }));
  for (const auto& [name, thread] : victim.Read()) {
    const PoolCounters spent = thread.counters - before[name].counters;
    EXPECT_GT(spent.blocked_for(WaitReason::kStopped), 700ms) << name << ": " << Classes(spent);
    EXPECT_LT(spent.blocked_for(WaitReason::kStopped), Now() - start + 50ms) << name;
  }
}

class FreezerTest : public ::testing::TestWithParam<int> {};

TEST_P(FreezerTest, AFrozenProcessIsStoppedByTheFreezer) {
  const FreezerGroup freezer(GetParam());
  if (!freezer.ok()) {
    GTEST_SKIP() << "needs root, and the freezer of version " << GetParam() << " of control groups";
  }
  const Victim victim;
  ASSERT_TRUE(freezer.Take(victim.pid()));
  ExpectAllToBeStopped(
      victim, Holder::kFreezer, [&] { return freezer.Freeze(); }, [&] { return freezer.Thaw(); });
}

INSTANTIATE_TEST_SUITE_P(Versions, FreezerTest, ::testing::Values(1, 2));

TEST(StoppedTest, AStoppedProcessIsStoppedByASignal) {
  const Victim victim;
  ExpectAllToBeStopped(
      victim, Holder::kSignal, [&] { return kill(victim.pid(), SIGSTOP) == 0; },
      [&] { return kill(victim.pid(), SIGCONT) == 0; });
}

TEST(StoppedTest, AThreadThatIsDebuggedIsStoppedByItsTracer) {
  const Victim victim;
  ASSERT_EQ(ptrace(PTRACE_SEIZE, victim.pid(), nullptr, nullptr), 0);
  ASSERT_EQ(ptrace(PTRACE_INTERRUPT, victim.pid(), nullptr, nullptr), 0);
  EXPECT_TRUE(Eventually([&] {
    const ThreadSample first = victim.Read()["first"];
    return first.reason == WaitReason::kStopped && first.holder == Holder::kTracer;
  }));
  ASSERT_EQ(waitpid(victim.pid(), nullptr, 0), victim.pid());
  ASSERT_EQ(ptrace(PTRACE_DETACH, victim.pid(), nullptr, nullptr), 0);
  EXPECT_TRUE(Eventually([&] { return victim.Read()["first"].reason == WaitReason::kSignal; }));
}

}  // namespace
}  // namespace loadline::agent
