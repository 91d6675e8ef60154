// SPDX-License-Identifier: Apache-2.0
// Goal: the threads of a registered process have their slots in memory of its own, and nothing that
// they counted is lost or shown twice when they get there, leave it, end there or find no room.
// Method: this process registers itself while its threads switch and are read all the time.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "agent/src/kernel/ledger_array.h"
#include "agent/src/sampler/ledgers.h"
#include "ledger/slot_reader.h"
#include "loadline_abi/host.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;

Ledgers& TheLedgers() { return *Probes().ledgers(); }

// A ledger as its process maps it.
class Mapping {
 public:
  explicit Mapping(const Ledger& ledger) : bytes_(ledger.slots * sizeof(ll_slot)) {
    memory_ = mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, ledger.fd, 0);
    EXPECT_NE(memory_, MAP_FAILED) << std::strerror(errno);
  }
  ~Mapping() { munmap(memory_, bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const ll_ledger_header& header() const { return *static_cast<const ll_ledger_header*>(memory_); }
  std::vector<ll_slot> Slots() const {
    std::vector<ll_slot> slots;
    for (std::uint32_t i = 1; i < header().slots; ++i) {
      ll_slot copy;
      EXPECT_TRUE(ReadSlot(static_cast<const ll_slot*>(memory_)[i], copy));
      if (copy.state != LL_STATE_NONE) {
        slots.push_back(copy);
      }
    }
    return slots;
  }
  std::set<pid_t> Tids() const {
    std::set<pid_t> tids;
    for (const ll_slot& slot : Slots()) {
      EXPECT_TRUE(tids.insert(static_cast<pid_t>(slot.tid_inner)).second) << slot.tid_inner;
    }
    return tids;
  }

 private:
  const std::size_t bytes_;
  void* memory_;
};

class OpenLedger {
 public:
  explicit OpenLedger(pid_t tgid = getpid()) : tgid_(tgid), ledger_(TheLedgers().Open(tgid)) {
    EXPECT_TRUE(ledger_.ok()) << ledger_.status();
  }
  ~OpenLedger() { TheLedgers().Close(tgid_); }
  const Ledger& operator*() const { return *ledger_; }

 private:
  const pid_t tgid_;
  const absl::StatusOr<Ledger> ledger_;
};

// Threads that switch all the time, and some that wait for ever.
class Busy {
 public:
  Busy(int busy, int waiting) {
    for (int i = 0; i < busy + waiting; ++i) {
      threads_.emplace_back([this, i, busy] {
        tids_.insert_one(ThisThread());
        if (i >= busy) {
          quit_.wait(false);
        }
        while (!quit_) {
          std::this_thread::sleep_for(i % 2 == 0 ? 50us : 300us);
        }
      });
    }
    EXPECT_TRUE(Eventually([&] { return tids_.size() == threads_.size(); }));
  }
  ~Busy() {
    quit_ = true;
    quit_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  std::set<pid_t> tids() const { return tids_.get(); }

 private:
  class Set {
   public:
    void insert_one(pid_t tid) {
      const std::lock_guard lock(mutex_);
      tids_.insert(tid);
    }
    std::size_t size() const { return get().size(); }
    std::set<pid_t> get() const {
      const std::lock_guard lock(mutex_);
      return tids_;
    }

   private:
    mutable std::mutex mutex_;
    std::set<pid_t> tids_;
  };
  Set tids_;
  std::atomic<bool> quit_{false};
  std::vector<std::thread> threads_;
};

HostReading ReadSelf() {
  HostReading reading;
  const pid_t self[] = {getpid()};
  EXPECT_TRUE(Probes().ReadProcesses(self, reading).ok());
  return reading;
}

Clock::Duration All(const PoolCounters& counters) {
  return counters.on_cpu + counters.RunQueue() + counters.Blocked();
}

TEST(LedgerTest, AllThreadsAreInItWhenItOpens) {
  const Busy busy(6, 6);
  const OpenLedger ledger;
  const Mapping mapping(*ledger);
  EXPECT_EQ(mapping.header().version, static_cast<__u32>(LL_ABI_VERSION));
  EXPECT_EQ(mapping.header().generation, 1u);
  EXPECT_EQ(mapping.header().tgid, static_cast<__u32>(getpid()));
  std::set<pid_t> expected = busy.tids();
  expected.insert(getpid());
  EXPECT_EQ(mapping.Tids(), expected);
  EXPECT_EQ(mapping.header().used, expected.size());
}

TEST(LedgerTest, AThreadSeesItsOwnWaits) {
  const OpenLedger ledger;
  const Mapping mapping(*ledger);
  const auto own = [&] {
    for (const ll_slot& slot : mapping.Slots()) {
      if (slot.tid_inner == static_cast<__u32>(ThisThread())) {
        return slot.totals;
      }
    }
    ADD_FAILURE() << "no slot";
    return ll_totals{};
  };
  const ll_totals before = own();
  const Clock::Time start = Now();
  Sleep(30ms);
  const Clock::Duration wall = Now() - start;
  const ll_totals after = own();
  const auto slept = after.blocked_ns[LL_WAIT_SLEEP] - before.blocked_ns[LL_WAIT_SLEEP];
  EXPECT_GE(slept, 25'000'000u);
  EXPECT_LE(slept, static_cast<std::uint64_t>(wall.count()));
}

// A writable mapping would let a process forge what the agent reads.
TEST(LedgerTest, NobodyCanMapItWritable) {
  const OpenLedger ledger;
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, (*ledger).fd, 0);
  EXPECT_EQ(memory, MAP_FAILED);
  void* readable = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, (*ledger).fd, 0);
  ASSERT_NE(readable, MAP_FAILED);
  EXPECT_NE(mprotect(readable, 4096, PROT_READ | PROT_WRITE), 0);
  munmap(readable, 4096);
  const __u32 index = 1;
  const ll_slot forged{};
  EXPECT_NE(bpf_map_update_elem((*ledger).fd, &index, &forged, BPF_ANY), 0);
}

// A virtual CPU may stand still in the middle of a switch, whose thread cannot be read then.
bool AreBack(std::set<pid_t> missing) {
  constexpr auto kStandsStillMax = 50ms;
  for (const Clock::Time start = Now(); !missing.empty() && Now() - start < kStandsStillMax;) {
    for (const ThreadSample& thread : ReadSelf().threads) {
      missing.erase(thread.tid);
    }
  }
  return missing.empty();
}

// The time of each thread is its wall time in each reading, whatever array it is in: none is
// missed, none starts anew, none is shown twice. Who is left out is counted as in the middle of a
// switch, and back soon.
TEST(LedgerTest, NoReadingTellsThatThreadsMove) {
  const Busy busy(8, 4);
  const std::set<pid_t> tids = busy.tids();
  const auto ended = [](const HostReading& reading) {
    return std::ranges::any_of(reading.exited, [](const ExitedThreads& exited) {
      return exited.tgid == getpid() && exited.name == "bpf_ledger_test";
    });
  };
  while (ended(ReadHost())) {  // Of tests before this one.
  }
  std::atomic<bool> quit{false};
  std::atomic<int> moves{0};
  std::thread mover([&] {
    while (!quit) {
      const OpenLedger ledger;
      EXPECT_TRUE(TheLedgers().Replace(getpid()).ok());
      ++moves;
    }
  });
  struct Last {  // A slot was copied at some time from `from` on and before `until`.
    Clock::Time from, until;
    Clock::Duration all{};
    PoolCounters counters;
  };
  std::map<pid_t, Last> last;
  const Clock::Time start = Now();
  const std::uint64_t stalled = Lost(ReadHost(), "switch_stalled");
  std::uint64_t left_out = 0;
  int readings = 0;
  while (moves < 20 || Now() - start < 2000ms) {
    const bool whole = ++readings % 4 == 0;
    const HostReading reading = whole ? ReadHost() : ReadSelf();
    const Clock::Time until = Now();
    std::set<pid_t> missing = tids;
    for (const ThreadSample& thread : reading.threads) {
      if (thread.tgid != getpid() || !tids.contains(thread.tid)) {
        continue;
      }
      EXPECT_EQ(missing.erase(thread.tid), 1u) << thread.tid << " twice, reading " << readings;
      const auto found = last.find(thread.tid);
      if (found != last.end()) {
        const Clock::Duration gained = All(thread.counters) - found->second.all;
        EXPECT_GE(gained, reading.taken_at - found->second.until - 1ms) << thread.tid;
        EXPECT_LE(gained, until - found->second.from + 1ms) << thread.tid;
        EXPECT_GE(thread.counters.switches_voluntary, found->second.counters.switches_voluntary);
      }
      last[thread.tid] = {reading.taken_at, until, All(thread.counters), thread.counters};
    }
    if (!missing.empty()) {
      left_out += missing.size();
      EXPECT_GE(Lost(ReadHost(), "switch_stalled") - stalled, left_out) << "reading " << readings;
      EXPECT_TRUE(AreBack(missing)) << "reading " << readings;
    }
    EXPECT_FALSE(ended(reading)) << "reading " << readings;
    if (HasFailure()) {
      break;
    }
  }
  quit = true;
  mover.join();
  EXPECT_GT(readings, 100);
}

TEST(LedgerTest, ThreadsBeginAndEndInIt) {
  constexpr int kThreads = 500;
  ReadHost();
  std::int64_t gone = 0;
  {
    const OpenLedger ledger;
    const Mapping mapping(*ledger);
    for (int i = 0; i < kThreads; ++i) {
      std::thread([&] {
        if (i == 0) {
          pthread_setname_np(pthread_self(), "other");
          EXPECT_TRUE(mapping.Tids().contains(ThisThread()));
        } else {
          pthread_setname_np(pthread_self(), "in-ledger-1");
        }
      }).join();
    }
    EXPECT_TRUE(Eventually([&] { return mapping.header().used == 1u; }));
    EXPECT_EQ(mapping.Tids(), std::set<pid_t>{getpid()});
    EXPECT_EQ(mapping.header().full, 0u);
  }
  EXPECT_TRUE(Eventually([&] {
    for (const ExitedThreads& exited : ReadHost().exited) {
      if (exited.tgid == getpid() && exited.name == "in-ledger-*") {
        gone += exited.threads;
      }
    }
    return gone == kThreads - 1;
  })) << gone;
}

TEST(LedgerTest, WhoFindsNoRoomIsCountedAndGetsItInALargerOne) {
  const std::uint64_t lost = Lost(ReadHost(), "ledger_full");
  const OpenLedger ledger;
  const Mapping mapping(*ledger);
  EXPECT_EQ(TheLedgers().NeedOf(getpid()), Ledgers::Need::kNothing);
  const Busy busy(4, static_cast<int>((*ledger).slots));
  EXPECT_EQ(mapping.header().used, (*ledger).slots - 1);
  EXPECT_GE(mapping.header().full, 5u);
  EXPECT_GE(Lost(ReadHost(), "ledger_full") - lost, 5u);
  EXPECT_EQ(TheLedgers().NeedOf(getpid()), Ledgers::Need::kRoom);

  const auto larger = TheLedgers().Replace(getpid());
  ASSERT_TRUE(larger.ok()) << larger.status();
  EXPECT_EQ(larger->generation, 2u);
  const Mapping replacement(*larger);
  std::set<pid_t> expected = busy.tids();
  expected.insert(getpid());
  EXPECT_EQ(replacement.Tids(), expected);
  EXPECT_EQ(mapping.Tids(), std::set<pid_t>{}) << "who maps the old one sees that it left";
  EXPECT_EQ(TheLedgers().NeedOf(getpid()), Ledgers::Need::kNothing);
}

// Its registration was the old image's: the new one neither maps nor knows the array.
TEST(LedgerTest, ANewImageLeavesItWithItsTotals) {
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    for (const Clock::Time start = Now(); Now() - start < 20ms;) {
    }
    if (read(go[0], &byte, 1) == 1) {
      execl("/bin/sleep", "sleep", "60", nullptr);
    }
    _exit(1);
  }
  const OpenLedger ledger(child);
  const Mapping mapping(*ledger);
  EXPECT_EQ(mapping.Tids(), std::set<pid_t>{child});
  ASSERT_EQ(write(go[1], "x", 1), 1);
  EXPECT_TRUE(Eventually([&] { return mapping.header().used == 0u; }));
  EXPECT_EQ(TheLedgers().NeedOf(child), Ledgers::Need::kClose);
  const auto thread = ReadThread(child, child);
  ASSERT_TRUE(thread.has_value());
  EXPECT_EQ(thread->name, "sleep");
  EXPECT_GE(thread->counters.on_cpu, 5ms) << "what it was before";
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(go[0]);
  close(go[1]);
}

TEST(LedgerTest, AForkedChildIsNoPartOfIt) {
  const OpenLedger ledger;
  const Mapping mapping(*ledger);
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  ASSERT_TRUE(Eventually([child] { return ReadThread(child, child).has_value(); }));
  EXPECT_EQ(mapping.Tids(), std::set<pid_t>{getpid()});
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(LedgerTest, WhoIsNotThereIsRefused) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(absl::IsNotFound(TheLedgers().Open(child).status()));
  EXPECT_TRUE(absl::IsNotFound(TheLedgers().Open(-1).status()));
  EXPECT_TRUE(absl::IsNotFound(TheLedgers().Replace(getpid()).status()));
  const OpenLedger ledger;
  EXPECT_TRUE(absl::IsAlreadyExists(TheLedgers().Open(getpid()).status()));
}

TEST(LedgerTest, SignsOfLifeReachEveryLedger) {
  const OpenLedger ledger;
  const Mapping mapping(*ledger);
  const __u64 before = __atomic_load_n(&mapping.header().alive_ns, __ATOMIC_RELAXED);
  const auto now_ns = static_cast<__u64>(Now().time_since_epoch().count());
  ASSERT_TRUE(TheLedgers().ShowAlive().ok());
  EXPECT_GE(__atomic_load_n(&mapping.header().alive_ns, __ATOMIC_RELAXED), now_ns);
  EXPECT_NE(__atomic_load_n(&mapping.header().alive_ns, __ATOMIC_RELAXED), before);
  EXPECT_NE(mapping.header().clock_offset_ns, 0);
}

int MapsCalledLedger() {
  int count = 0;
  for (__u32 id = 0; bpf_map_get_next_id(id, &id) == 0;) {
    const int fd = bpf_map_get_fd_by_id(id);
    bpf_map_info info{};
    __u32 length = sizeof(info);
    count += fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
             std::string_view(info.name) == "ll_ledger";
    close(fd);
  }
  return count;
}

TEST(LedgerTest, ARegistrationLeavesNothingBehind) {
  const int before = MapsCalledLedger();
  const Busy busy(4, 2);
  const HostReading first = ReadHost();
  for (int i = 0; i < 100; ++i) {
    const OpenLedger ledger;
  }
  TheLedgers().Clean();
  EXPECT_EQ(TheLedgers().use().processes, 0u);
  EXPECT_EQ(TheLedgers().use().bytes, 0u);
  // Other agents on the host may come and go.
  EXPECT_TRUE(Eventually([before] { return MapsCalledLedger() <= before; }));
  const HostReading last = ReadHost();
  EXPECT_EQ(Lost(last, "slot_leak"), Lost(first, "slot_leak"));
  EXPECT_EQ(Lost(last, "ledger_full"), Lost(first, "ledger_full"));
}

TEST(LedgerTest, AProcessThatEndsLeavesNothingBehind) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  ASSERT_TRUE(TheLedgers().Open(child).ok());
  EXPECT_EQ(TheLedgers().use().processes, 1u);
  EXPECT_EQ(TheLedgers().Processes(), std::vector{child});
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  TheLedgers().Close(child);
  EXPECT_TRUE(Eventually([] {
    TheLedgers().Clean();
    return TheLedgers().use().bytes == 0;
  }));
}

}  // namespace
}  // namespace loadline::agent
