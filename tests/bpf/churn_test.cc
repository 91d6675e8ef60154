// SPDX-License-Identifier: Apache-2.0
// Goal: whatever comes and goes leaves its time behind and nothing else: no slot, no memory, no
// program. Method: 100,000 short threads and 10,000 short processes against what they measured of
// themselves and what the kernel charged for them; a table that is too small; loading again and
// again, a hundred times.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "agent/src/kernel/bpf_source.h"
#include "tests/bpf/probes_env.h"
#include "tests/bpf/slot_watch.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;

constexpr int kThreads = 100'000;
constexpr int kBatch = 50;
constexpr int kProcesses = 10'000;
constexpr int kExitsRoom = 8192;  // Of the table in bpf/lib/maps.bpf.h.
constexpr long kKiB = 1024;
// getrusage() leaves out what a thread does between the end of its accounts and its last switch.
constexpr double kEndSeconds = 10e-6;
constexpr long kGrowthMax = 2 * 1024;  // KiB.

// What exited under `name`, of process `tgid` unless that is 0, and what lost its name because the
// table was full. The same test may run beside this one.
struct Gone {
  pid_t tgid = 0;
  PoolCounters counters;
  std::int64_t threads = 0;
  std::int64_t nameless = 0;

  void Add(const HostReading& reading, const std::string& name) {
    for (const ExitedThreads& exited : reading.exited) {
      if (exited.name == name && (tgid == 0 || exited.tgid == tgid)) {
        counters += exited.counters;
        threads += exited.threads;
      }
      nameless += exited.tgid == 0 ? exited.threads : 0;
    }
  }
};

double CpuSeconds(int of_whom) {
  rusage usage{};
  getrusage(of_whom, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// Threads for which the kernel's allocator had no memory at that moment cannot be counted, but each
// of them is known to be missing: reads until all `count` that exited under `name` are accounted
// for.
void ExpectAllGone(Gone& gone, const std::string& name, std::int64_t count,
                   const HostReading& before) {
  std::int64_t missing = 0;
  EXPECT_TRUE(Eventually([&] {
    const HostReading now = ReadHost();
    gone.Add(now, name);
    missing =
        static_cast<std::int64_t>(Lost(now, "thread_storage") - Lost(before, "thread_storage"));
    return gone.threads + missing >= count;
  })) << gone.threads;
  EXPECT_LE(gone.threads, count);
  EXPECT_LE(missing, count / 1000);
  std::printf("%lld of %lld, %lld known to be missing on the host\n",
              static_cast<long long>(gone.threads), static_cast<long long>(count),
              static_cast<long long>(missing));
}

// KiB that this process has in memory.
long Resident() {
  long size = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE) / kKiB;
}

// KiB that the kernel holds for the maps of this process.
long MapMemory() {
  long sum = 0;
  std::error_code gone;
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fdinfo", gone)) {
    std::ifstream info(file.path());
    for (std::string key; info >> key;) {
      long bytes = 0;
      if (key == "memlock:" && info >> bytes) {
        sum += bytes / kKiB;
      }
    }
  }
  return sum;
}

TEST(ChurnTest, AHundredThousandThreadsLeaveTheirTimeAndNothingElse) {
  const auto slots = SlotWatch::Create();
  ASSERT_TRUE(slots.ok()) << slots.status();
  std::atomic<std::int64_t> slept_ns{0};
  const auto live = [&slept_ns] {
    pthread_setname_np(pthread_self(), "churn-123");
    const Clock::Time start = Now();
    Sleep(1ms);
    slept_ns += (Now() - start).count();
  };
  ReadHost();  // What was before is not ours.
  const HostReading before = ReadHost();
  const double cpu_before = CpuSeconds(RUSAGE_SELF);
  const PoolCounters self_before = ReadThread(getpid())->counters;
  Gone gone{.tgid = getpid(), .counters = {}};
  long resident = 0;
  long maps = 0;
  for (int done = 0; done < kThreads; done += kBatch) {
    std::vector<std::thread> batch;
    for (int i = 0; i < kBatch; ++i) {
      batch.emplace_back(live);
    }
    for (std::thread& thread : batch) {
      thread.join();
    }
    if (done % (40 * kBatch) == 0) {
      gone.Add(ReadHost(), "churn-*");
    }
    if (done == kThreads / 5) {  // Warm.
      resident = Resident();
      maps = MapMemory();
    }
  }
  // join() returns a little before the thread's last switch.
  ExpectAllGone(gone, "churn-*", kThreads, before);
  const double slept = static_cast<double>(slept_ns) / 1e9;
  const double asleep = Seconds(gone.counters.blocked_for(WaitReason::kSleep));
  EXPECT_LE(asleep, slept);
  EXPECT_GE(asleep + Seconds(gone.counters.RunQueue() + gone.counters.on_cpu), slept * 0.99);
  const double cpu = CpuSeconds(RUSAGE_SELF) - cpu_before;
  const double on_cpu =
      Seconds(gone.counters.on_cpu + (ReadThread(getpid())->counters - self_before).on_cpu);
  EXPECT_GE(on_cpu, 0.98 * cpu);
  EXPECT_LE(on_cpu, 1.02 * cpu + kEndSeconds * kThreads);
  std::size_t leaked = (*slots)->WithoutThread();
  Eventually([&] { return (leaked = (*slots)->WithoutThread()) == 0; });
  EXPECT_EQ(leaked, 0u);
  const long resident_grown = Resident() - resident;
  const long maps_grown = MapMemory() - maps;
  EXPECT_LT(resident_grown, kGrowthMax);
  EXPECT_LE(maps_grown, 0);
  const HostReading after = ReadHost();
  for (const char* what : {"slots_full", "exits_full", "slot_leak"}) {
    EXPECT_EQ(Lost(after, what), Lost(before, what)) << what;
  }
  std::printf(
      "%lld threads: %.2f s on the CPU, %.2f s by getrusage; %zu slots leaked; %ld KiB more "
      "resident, %ld KiB more in maps\n",
      static_cast<long long>(gone.threads), on_cpu, cpu, leaked, resident_grown, maps_grown);
}

// vfork(), because a copy of the address space is none of our business.
pid_t RunProcess() {
  const pid_t child = vfork();
  if (child == 0) {
    _exit(0);
  }
  return waitpid(child, nullptr, 0);
}

void RunProcesses(int count) {
  for (int i = 0; i < count; ++i) {
    ASSERT_GT(RunProcess(), 0);
  }
}

TEST(ChurnTest, TenThousandProcessesAreCountedEachOnce) {
  pthread_setname_np(pthread_self(), "brief-process");  // Children inherit it.
  ReadHost();
  const HostReading before = ReadHost();
  const double cpu_before = CpuSeconds(RUSAGE_CHILDREN);
  Gone gone;
  for (int done = 0; done < kProcesses; done += 500) {
    RunProcesses(500);
    gone.Add(ReadHost(), "brief-process");
  }
  ExpectAllGone(gone, "brief-process", kProcesses, before);
  const double cpu = CpuSeconds(RUSAGE_CHILDREN) - cpu_before;
  EXPECT_GE(Seconds(gone.counters.on_cpu), 0.98 * cpu);
  EXPECT_LE(Seconds(gone.counters.on_cpu), 1.02 * cpu + 5 * kEndSeconds * kProcesses);
  EXPECT_EQ(Lost(ReadHost(), "exits_full"), Lost(before, "exits_full"));
  std::printf("%.3f s on the CPU, %.3f s by getrusage\n", Seconds(gone.counters.on_cpu), cpu);
}

TEST(ChurnTest, TenThousandProcessesFillATableWhichIsCountedAndLosesNone) {
  pthread_setname_np(pthread_self(), "too-many");
  ReadHost();
  const HostReading before = ReadHost();
  RunProcesses(kProcesses);  // Nobody reads meanwhile.
  Gone gone;
  EXPECT_TRUE(Eventually([&gone] {
    gone.Add(ReadHost(), "too-many");
    return gone.threads + gone.nameless >= kProcesses;
  })) << gone.threads
      << " with a name, " << gone.nameless << " without";
  const std::uint64_t full = Lost(ReadHost(), "exits_full") - Lost(before, "exits_full");
  EXPECT_LE(gone.threads, kExitsRoom);
  EXPECT_GE(full, static_cast<std::uint64_t>(kProcesses - kExitsRoom));
  EXPECT_GE(full, static_cast<std::uint64_t>(gone.nameless));
  std::printf("%lld with a name, %lld without, %llu times full\n",
              static_cast<long long>(gone.threads), static_cast<long long>(gone.nameless),
              static_cast<unsigned long long>(full));
}

// What this process holds in the kernel, by the numbers in its descriptors: "prog_id" and the like.
std::set<std::pair<std::string, std::uint32_t>> BpfIds() {
  std::set<std::pair<std::string, std::uint32_t>> ids;
  std::error_code gone;
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fdinfo", gone)) {
    std::ifstream info(file.path());
    for (std::string key; info >> key;) {
      std::uint32_t id = 0;
      if ((key == "prog_id:" || key == "map_id:" || key == "link_id:") && info >> id) {
        ids.emplace(key, id);
      }
    }
  }
  return ids;
}

bool Exists(const std::pair<std::string, std::uint32_t>& object) {
  const auto& [kind, id] = object;
  const int fd = kind == "prog_id:"  ? bpf_prog_get_fd_by_id(id)
                 : kind == "map_id:" ? bpf_map_get_fd_by_id(id)
                                     : bpf_link_get_fd_by_id(id);
  close(fd);
  return fd >= 0;
}

TEST(ChurnTest, LoadingAgainAndAgainLeavesNothingBehind) {
  constexpr int kLoads = 100;
  const auto before = BpfIds();
  std::set<std::pair<std::string, std::uint32_t>> ours;
  long resident = 0;
  for (int i = 0; i < kLoads; ++i) {
    const auto source = BpfSource::Create();
    ASSERT_TRUE(source.ok()) << source.status();
    for (const auto& id : BpfIds()) {
      if (!before.contains(id)) {
        ours.insert(id);
      }
    }
    resident = i == 2 ? Resident() : resident;
  }
  EXPECT_GE(ours.size(), kLoads * 10u);
  EXPECT_EQ(BpfIds(), before);
  // The kernel frees them a little later.
  EXPECT_TRUE(Eventually([&ours] {
    std::erase_if(ours, [](const auto& object) { return !Exists(object); });
    return ours.empty();
  })) << ours.size()
      << " programs, maps and links are still there";
  EXPECT_LT(Resident() - resident, kGrowthMax);
  std::printf("%d loads, %ld KiB more resident since the third\n", kLoads, Resident() - resident);
}

}  // namespace
}  // namespace loadline::agent
