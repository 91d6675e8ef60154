// SPDX-License-Identifier: Apache-2.0
// A thread of SCHED_DEADLINE that may run for 5 ms of each 100 ms and always wants more, for 3 s.
// Prints what its own clocks say, "wall 3.0 cpu 0.15", and waits for good.
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>

namespace {

constexpr double kSeconds = 3;

// As the kernel has it; not every libc does.
struct SchedAttr {
  std::uint32_t size = sizeof(SchedAttr);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};

constexpr std::uint32_t kDeadlinePolicy = 6;

bool Schedule(const SchedAttr& attributes) {
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

double Now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

int main() {
  SchedAttr held;
  held.policy = kDeadlinePolicy;
  held.runtime_ns = 5'000'000;
  held.deadline_ns = held.period_ns = 100'000'000;
  const double cpu = Now(CLOCK_THREAD_CPUTIME_ID);
  const double start = Now(CLOCK_MONOTONIC);  // It may be held back from the call itself on.
  if (!Schedule(held)) {
    std::perror("sched_setattr");
    return 1;
  }
  while (Now(CLOCK_MONOTONIC) < start + kSeconds) {
    for (int i = 0; i < 20000; ++i) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }
  Schedule(SchedAttr());
  const double wall = Now(CLOCK_MONOTONIC) - start;
  const double ran = Now(CLOCK_THREAD_CPUTIME_ID) - cpu;
  std::printf("wall %.3f cpu %.3f\n", wall, ran);
  std::fflush(stdout);
  for (;;) {
    pause();
  }
}
