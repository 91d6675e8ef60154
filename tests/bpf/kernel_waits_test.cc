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
#include <vector>

#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

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

// Whether the kernel says of a thread that it stalls for want of memory at all: it does not with
// PSI switched off, as by psi=0 on its command line.
bool KernelKnowsOfStalls() {
  std::string line;
  std::ifstream file("/proc/pressure/memory");
  return static_cast<bool>(std::getline(file, line));
}

Clock::Duration StalledOnHost() {
  std::string word;
  std::ifstream file("/proc/pressure/memory");
  while (file >> word && !word.starts_with("total=")) {
  }
  return std::chrono::microseconds(std::stoll(word.substr(word.find('=') + 1)));
}

// A file of which the kernel takes the pages away while they are in use, as it does for want of
// memory: to read one again is a stall, whatever the version of control groups.
class TakenPages {
 public:
  TakenPages() : fd_(mkstemp(path_)), page_(4096) {
    unlink(path_);
    const std::string text(kSize, 'x');
    struct statfs where {};
    fstatfs(fd_, &where);
    ok_ = where.f_type != kTmpfs && write(fd_, text.data(), kSize) == kSize && fsync(fd_) == 0;
    posix_fadvise(fd_, 0, 0, POSIX_FADV_RANDOM);
    memory_ = mmap(nullptr, kSize, PROT_READ, MAP_SHARED, fd_, 0);
    madvise(memory_, kSize, MADV_RANDOM);
  }
  ~TakenPages() {
    munmap(memory_, kSize);
    close(fd_);
  }
  bool ok() const { return ok_; }

  // Whether the kernel counts it as a stall when they are read again.
  bool Stalls() {
    Take();
    const Clock::Duration before = StalledOnHost();
    const Clock::Time start = Now();
    Read();
    return StalledOnHost() - before > (Now() - start) / 10;
  }

  void Read() {
    for (off_t at = 0; at < kSize; at += 4096) {
      if (pread(fd_, page_.data(), page_.size(), at) < 0) {
        std::abort();
      }
    }
  }
  void Take() {
    for (int i = 0; i < 3; ++i) {
      Read();  // More than once: of use.
    }
    const volatile char* page = static_cast<const char*>(memory_);
    for (off_t at = 0; at < kSize; at += 4096) {
      page[at];
    }
    if (madvise(memory_, kSize, MADV_PAGEOUT) != 0) {
      std::abort();
    }
  }

 private:
  static constexpr off_t kSize = 8 << 20;
  char path_[32] = "loadline-memory-XXXXXX";  // Where the test was built, which tends to be a disk.
  int fd_;
  bool ok_ = false;
  void* memory_ = nullptr;
  std::vector<char> page_;
};

TEST(KernelWaitTest, ToReadAgainWhatWantOfMemoryTookIsMemory) {
  TakenPages pages;
  if (!KernelKnowsOfStalls()) {
    GTEST_SKIP() << "the kernel does not account stalls for want of memory (PSI)";
  }
  if (!pages.ok()) {
    GTEST_SKIP() << "the working directory is in memory";
  }
  if (!pages.Stalls()) {
    GTEST_SKIP() << "the kernel does not hold it against itself that it took them (before 6.5)";
  }
  const Seen seen = Repeat(
      [&] {
        pages.Take();
        pages.Read();
      },
      700ms);
  ExpectToBe(WaitReason::kMemory, seen, 20ms);
}

// A group of this process's children that may have little memory. Whoever wants more has to wait:
// in version 1 for the disk, which takes what it dirtied of a file; in version 2, where nothing can
// be taken, as long as the kernel thinks fit.
class SmallMemory {
 public:
  explicit SmallMemory(std::size_t bytes) {
    const std::string name = "/loadline-test-" + std::to_string(getpid());
    const bool first = access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) == 0;
    path_ = (first ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup") + name;
    anonymous_ = !first;
    if (mkdir(path_.c_str(), 0755) == 0) {
      Write("/memory.swap.max", "0");  // Not there without swap.
      ok_ = Write(first ? "/memory.limit_in_bytes" : "/memory.high", std::to_string(bytes));
    }
  }
  ~SmallMemory() { rmdir(path_.c_str()); }
  bool ok() const { return ok_; }
  bool anonymous() const { return anonymous_; }  // What children have to use; else a file.
  // Whether the process that calls is in the group from now on.
  bool Join() const { return Write("/cgroup.procs", std::to_string(getpid())); }

 private:
  bool Write(const char* file, const std::string& text) const {
    return static_cast<bool>(std::ofstream(path_ + file, std::ios::in) << text << std::flush);
  }
  std::string path_;
  bool anonymous_ = false;
  bool ok_ = false;
};

TEST(KernelWaitTest, AStallForWantOfMemoryIsMemory) {
  if (!KernelKnowsOfStalls()) {
    GTEST_SKIP() << "the kernel does not account stalls for want of memory (PSI)";
  }
  const SmallMemory group(8UL << 20);
  if (!group.ok()) {
    GTEST_SKIP() << "needs root, and the memory controller of cgroups for a group below their root";
  }
  char path[] = "loadline-memory-XXXXXX";
  const int fd = mkstemp(path);
  unlink(path);
  constexpr std::size_t kSize = 1UL << 30;
  struct statfs where {};
  fstatfs(fd, &where);
  if (where.f_type == kTmpfs && !group.anonymous()) {
    GTEST_SKIP() << "the working directory is in memory";
  }
  if (!group.anonymous()) {
    ASSERT_EQ(posix_fallocate(fd, 0, kSize), 0);  // Else the first writer waits for locks besides.
  }
  const pid_t child = fork();
  if (child == 0) {
    const int flags = group.anonymous() ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
    auto* memory = static_cast<volatile char*>(
        mmap(nullptr, kSize, PROT_WRITE, flags, group.anonymous() ? -1 : fd, 0));
    if (!group.Join()) {
      _exit(1);
    }
    for (std::size_t at = 0;; at = (at + 4096) % kSize) {
      memory[at] = 1;
    }
  }
  struct End {
    ~End() {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
      close(fd);
    }
    const pid_t child;
    const int fd;
  } const end{child, fd};
  const auto stalled = [child](Clock::Duration time) {
    return Eventually([child, time] {
      const auto thread = ReadThread(child, child);
      return thread && thread->counters.blocked_for(WaitReason::kMemory) >= time;
    });
  };
  ASSERT_TRUE(stalled(10ms));
  const auto before = ReadThread(child, child);
  const Clock::Time start = Now();
  ASSERT_TRUE(stalled(300ms));
  const auto after = ReadThread(child, child);
  ExpectToBe(WaitReason::kMemory,
             {.counters = after->counters - before->counters, .own = Now() - start}, 250ms);
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
