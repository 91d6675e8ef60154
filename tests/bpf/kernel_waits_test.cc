// SPDX-License-Identifier: Apache-2.0
// Goal: waits that the kernel ends by itself, and that nobody can hold open, are booked under their
// reason. Method: a thread does nothing but one known thing for a second, and all of its blocked
// time is compared with its class and with its own clock.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

double Seconds(Clock::Duration time) { return std::chrono::duration<double>(time).count(); }

std::string Classes(const PoolCounters& seen) {
  std::string text;
  for (int i = 0; i < kWaitReasonCount; ++i) {
    const auto reason = static_cast<WaitReason>(i);
    if (seen.blocked_for(reason) > Clock::Duration{}) {
      text += std::string(Name(reason)) + " " + std::to_string(Seconds(seen.blocked_for(reason))) +
              " s, ";
    }
  }
  return text;
}

struct Seen {
  PoolCounters counters;
  Clock::Duration own{};  // By the clock of the thread itself.
};

// A thread repeats `step`, which waits, until `enough` of its own time was spent there.
Seen Repeat(const std::function<void()>& step, Clock::Duration enough) {
  std::atomic<pid_t> tid{0};
  std::atomic<bool> go{false};
  std::atomic<bool> done{false};
  std::atomic<bool> quit{false};
  Seen seen;
  std::thread thread([&] {
    tid = ThisThread();
    while (!go) {
      std::this_thread::yield();
    }
    while (seen.own < enough) {
      const Clock::Time start = Now();
      step();
      seen.own += Now() - start;
    }
    done = true;
    while (!quit) {
      std::this_thread::yield();
    }
  });
  while (tid == 0) {
    std::this_thread::yield();
  }
  const auto before = ReadThread(tid);
  go = true;
  EXPECT_TRUE(Eventually([&done] { return done.load(); }));
  const auto after = ReadThread(tid);
  quit = true;
  thread.join();
  seen.counters = after->counters - before->counters;
  return seen;
}

void ExpectToBe(WaitReason reason, const Seen& seen, Clock::Duration blocked_min) {
  const Clock::Duration in_class = seen.counters.blocked_for(reason);
  EXPECT_GE(Seconds(in_class), 0.99 * Seconds(seen.counters.Blocked())) << Classes(seen.counters);
  EXPECT_GE(in_class, blocked_min) << Classes(seen.counters);
  EXPECT_LE(Seconds(in_class), Seconds(seen.own) * 1.01);
  const Clock::Duration not_blocked = seen.counters.RunQueue() + seen.counters.on_cpu;
  EXPECT_GE(Seconds(in_class + not_blocked), Seconds(seen.own) * 0.99);
  std::printf("%-12s %7.3f s in class of %7.3f s blocked, %7.3f s by its own clock\n",
              std::string(Name(reason)).c_str(), Seconds(in_class),
              Seconds(seen.counters.Blocked()), Seconds(seen.own));
}

constexpr long kTmpfs = 0x01021994;

TEST(KernelWaitTest, FsyncIsDisk) {
  char path[] = "loadline-fsync-XXXXXX";  // Where the test was built, which tends to be a disk.
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  unlink(path);
  struct statfs where {};
  fstatfs(fd, &where);
  if (where.f_type == kTmpfs) {
    close(fd);
    GTEST_SKIP() << "the working directory is in memory";
  }
  const std::string block(1024 * 1024, 'x');
  const Seen seen = Repeat(
      [&] {
        if (write(fd, block.data(), block.size()) < 0 || fsync(fd) != 0) {
          std::abort();
        }
      },
      700ms);
  close(fd);
  ExpectToBe(WaitReason::kDisk, seen, 20ms);
}

// A grace period: a deep sleep that has neither to do with a disk nor with a lock that has a name.
TEST(KernelWaitTest, AWaitInsideTheKernelIsKernelLock) {
  const Seen seen = Repeat(
      [] {
        if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0) {
          std::abort();
        }
      },
      200ms);
  ExpectToBe(WaitReason::kKernelLock, seen, 50ms);
}

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

// Changes the protection of much memory again and again, with the lock of the address space held.
// On one CPU with whoever wants that lock: nobody spins for it there, and the kernel preempts the
// holder in the middle.
class MapHolder {
 public:
  MapHolder()
      : thread_([this] {
          PinTo(0);
          for (int i = 0; !quit_; ++i) {
            mprotect(memory_, kSize, i % 2 == 0 ? PROT_READ : PROT_READ | PROT_WRITE);
          }
        }) {}
  ~MapHolder() {
    quit_ = true;
    thread_.join();
    munmap(memory_, kSize);
  }
  char* memory() const { return static_cast<char*>(memory_); }

 private:
  static constexpr std::size_t kSize = 512UL << 20;
  void* memory_ = [] {
    void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    madvise(memory, kSize, MADV_NOHUGEPAGE);
    madvise(memory, kSize, MADV_POPULATE_WRITE);
    return memory;
  }();
  std::atomic<bool> quit_{false};
  std::thread thread_;
};

TEST(KernelWaitTest, TheLockOfAnAddressSpaceIsKernelLock) {
  const MapHolder holder;
  const Seen seen = Repeat(
      [] {
        PinTo(0);
        munmap(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
      },
      700ms);
  ExpectToBe(WaitReason::kKernelLock, seen, 20ms);
}

TEST(KernelWaitTest, AFaultThatWantsTheLockOfTheAddressSpaceIsKernelLock) {
  const MapHolder holder;
  const volatile char* page = holder.memory();
  const Seen seen = Repeat(
      [page] {
        PinTo(0);
        madvise(const_cast<char*>(page), 4096, MADV_DONTNEED);
        static_cast<void>(*page);
      },
      700ms);
  ExpectToBe(WaitReason::kKernelLock, seen, 20ms);
}

// A group of this process's children that may have little memory. Version 1 makes whoever wants
// more wait for the disk to take what it dirtied; version 2 does not, and has no group of ours to
// be had without taking part in how the host is set up.
class SmallMemory {
 public:
  explicit SmallMemory(std::size_t bytes)
      : path_("/sys/fs/cgroup/memory/loadline-test-" + std::to_string(getpid())) {
    ok_ = mkdir(path_.c_str(), 0755) == 0 && Write("/memory.limit_in_bytes", std::to_string(bytes));
  }
  ~SmallMemory() { rmdir(path_.c_str()); }
  bool ok() const { return ok_; }
  // Whether the process that calls is in the group from now on.
  bool Join() const { return Write("/cgroup.procs", std::to_string(getpid())); }

 private:
  bool Write(const char* file, const std::string& text) const {
    return static_cast<bool>(std::ofstream(path_ + file) << text << std::flush);
  }
  std::string path_;
  bool ok_;
};

TEST(KernelWaitTest, AStallForWantOfMemoryIsMemory) {
  constexpr std::size_t kSize = 1UL << 30;
  const SmallMemory group(8UL << 20);
  if (!group.ok()) {
    GTEST_SKIP() << "needs root and the memory controller of cgroup version 1";
  }
  char path[] = "loadline-memory-XXXXXX";
  const int fd = mkstemp(path);
  unlink(path);
  ASSERT_EQ(ftruncate(fd, kSize), 0);
  struct statfs where {};
  fstatfs(fd, &where);
  if (where.f_type == kTmpfs) {
    GTEST_SKIP() << "the working directory is in memory";
  }
  const pid_t child = fork();
  if (child == 0) {
    auto* memory = static_cast<volatile char*>(mmap(nullptr, kSize, PROT_WRITE, MAP_SHARED, fd, 0));
    if (!group.Join()) {
      _exit(1);
    }
    for (std::size_t at = 0;; at = (at + 4096) % kSize) {
      memory[at] = 1;
    }
  }
  const auto stalled = [child](Clock::Duration time) {
    return Eventually([child, time] {
      const auto thread = ReadThread(child, child);
      return thread && thread->counters.blocked_for(WaitReason::kMemory) >= time;
    });
  };
  EXPECT_TRUE(stalled(10ms));
  const auto before = ReadThread(child, child);
  const Clock::Time start = Now();
  EXPECT_TRUE(stalled(300ms));
  const auto after = ReadThread(child, child);
  ExpectToBe(WaitReason::kMemory,
             {.counters = after->counters - before->counters, .own = Now() - start}, 250ms);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(fd);
}

TEST(KernelWaitTest, AStoppedProcessIsStopped) {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) {
      raise(SIGSTOP);
    }
  }
  const auto stopped = [child] {
    const auto thread = ReadThread(child, child);
    return thread && thread->state == ThreadState::kBlocked &&
           thread->reason == WaitReason::kStopped;
  };
  EXPECT_TRUE(Eventually(stopped));
  const auto before = ReadThread(child, child);
  const Clock::Time start = Now();
  Sleep(100ms);
  kill(child, SIGCONT);
  Sleep(50ms);
  EXPECT_TRUE(Eventually(stopped));
  const auto after = ReadThread(child, child);
  const PoolCounters seen = after->counters - before->counters;
  ExpectToBe(WaitReason::kStopped, {.counters = seen, .own = Now() - start}, 100ms);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace loadline::agent
