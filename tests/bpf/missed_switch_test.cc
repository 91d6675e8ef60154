// SPDX-License-Identifier: Apache-2.0
// Goal: where a switch was not seen, the next one puts the time right, and tells a freezer's from
// what the thread waited for. Method: as long as the table of ledgers lacks the array of a process,
// the probes find no slot for its threads, and their switches are not seen.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <string_view>
#include <thread>

#include "agent/src/sampler/ledgers.h"
#include "loadline_abi/host.h"
#include "tests/bpf/freezer_group.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;

constexpr auto kSleep = 1500ms;
constexpr auto kFrozen = 700ms;

// Sleeps once, runs until it is told not to, and then waits for good.
class Sleeper {
 public:
  Sleeper()
      : shared_(new (mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Shared),
        pid_(fork()) {
    if (pid_ == 0) {
      while (shared_->step == 0) {
      }
      std::this_thread::sleep_for(kSleep);
      shared_->step = 2;
      while (shared_->step == 2) {
      }
      for (;;) {
        pause();
      }
    }
  }
  ~Sleeper() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    munmap(shared_, sizeof(Shared));
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  void Sleep() { shared_->step = 1; }
  bool Runs() const { return shared_->step == 2; }
  void Wait() { shared_->step = 3; }
  pid_t pid() const { return pid_; }
  ThreadSample Read() const { return ReadThread(pid_, pid_).value_or(ThreadSample{}); }
  bool WaitsFor(WaitReason reason) const {
    const ThreadSample now = Read();
    return now.state == ThreadState::kBlocked && now.reason == reason;
  }

 private:
  struct Shared {
    std::atomic<int> step{0};
  };
  Shared* shared_;
  const pid_t pid_;
};

__u32 IdOf(int map) {
  bpf_map_info info{};
  __u32 length = sizeof(info);
  return bpf_obj_get_info_by_fd(map, &info, &length) == 0 ? info.id : 0;
}

// The entry of the table of ledgers that leads to `array`.
class LedgerEntry {
 public:
  explicit LedgerEntry(int array) : array_(array) {
    for (__u32 id = 0; table_ < 0 && bpf_map_get_next_id(id, &id) == 0;) {
      const int map = bpf_map_get_fd_by_id(id);
      bpf_map_info info{};
      __u32 length = sizeof(info);
      if (map >= 0 && bpf_obj_get_info_by_fd(map, &info, &length) == 0 &&
          std::string_view(info.name) == "ll_ledgers" && Find(map)) {
        table_ = map;
      } else {
        close(map);
      }
    }
  }
  ~LedgerEntry() { close(table_); }
  LedgerEntry(const LedgerEntry&) = delete;
  LedgerEntry& operator=(const LedgerEntry&) = delete;

  // Both return when no program runs that began before.
  bool Remove() const { return table_ >= 0 && bpf_map_delete_elem(table_, &number_) == 0; }
  bool PutBack() const { return bpf_map_update_elem(table_, &number_, &array_, BPF_ANY) == 0; }

 private:
  bool Find(int map) {
    for (number_ = 1; number_ < LL_LEDGERS; ++number_) {
      __u32 id = 0;
      if (bpf_map_lookup_elem(map, &number_, &id) == 0 && id == IdOf(array_)) {
        return true;
      }
    }
    return false;
  }

  const int array_;
  int table_ = -1;
  __u32 number_ = 0;
};

TEST(MissedSwitchTest, WhatAFreezerHeldOfAWaitWhoseEndWasNotSeenIsStopped) {
  const FreezerGroup freezer(1);
  if (!freezer.ok()) {
    GTEST_SKIP() << "needs root, and the freezer of version 1 of control groups";
  }
  Sleeper sleeper;
  ASSERT_TRUE(freezer.Take(sleeper.pid()));
  const auto ledger = Probes().ledgers()->Open(sleeper.pid());
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  const LedgerEntry entry(ledger->fd);
  sleeper.Sleep();
  ASSERT_TRUE(Eventually([&] { return sleeper.WaitsFor(WaitReason::kSleep); }));
  const PoolCounters before = sleeper.Read().counters;
  const std::uint64_t missed = Lost(ReadHost(), "resync");
  ASSERT_TRUE(freezer.Freeze());
  for (const Clock::Time start = Now(); Now() - start < kFrozen;) {
    Sleep(20ms);
    EXPECT_TRUE(sleeper.WaitsFor(WaitReason::kStopped));
  }
  ASSERT_TRUE(entry.Remove());
  ASSERT_TRUE(freezer.Thaw());
  EXPECT_TRUE(Eventually([&] { return sleeper.Runs(); }));
  ASSERT_TRUE(entry.PutBack());
  sleeper.Wait();
  EXPECT_TRUE(Eventually([&] { return sleeper.WaitsFor(WaitReason::kSignal); }));
  const PoolCounters spent = sleeper.Read().counters - before;
  EXPECT_GE(Lost(ReadHost(), "resync"), missed + 1);
  EXPECT_GT(spent.blocked_for(WaitReason::kStopped), kFrozen - 100ms);
  EXPECT_LT(spent.blocked_for(WaitReason::kStopped), kFrozen + 100ms);
  EXPECT_GT(spent.blocked_for(WaitReason::kSleep), kSleep - kFrozen - 200ms);
  EXPECT_LT(spent.blocked_for(WaitReason::kSleep), kSleep - kFrozen + 200ms);
  Probes().ledgers()->Close(sleeper.pid());
}

}  // namespace
}  // namespace loadline::agent
