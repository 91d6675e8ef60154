// SPDX-License-Identifier: Apache-2.0
// bursts SECONDS: eight threads that run for 2 ms and sleep for 1 ms, four on each of two CPUs, for
// SECONDS. Prints what their own clocks say, summed up, and then waits for good:
//
//   wall 40.0 cpu 2.0 slept 0.6 queued 37.4
//
// `slept` is what they asked for; `queued` is the kernel's own run delay. Bound to CPUs, so that a
// time for which the group is held back on one CPU holds back four threads at most.
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kThreads = 8;
constexpr int kCpus = 2;
constexpr double kRun = 0.002;
constexpr timespec kSleep{.tv_sec = 0, .tv_nsec = 1'000'000};

struct Clocks {
  double wall = 0;
  double cpu = 0;
  double slept = 0;
  double queued = 0;
};

double Now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double RunDelay() {
  long long on_cpu = 0;
  long long queued = 0;
  if (FILE* file = std::fopen("/proc/thread-self/schedstat", "r")) {
    if (std::fscanf(file, "%lld %lld", &on_cpu, &queued) != 2) {
      queued = 0;
    }
    std::fclose(file);
  }
  return static_cast<double>(queued) / 1e9;
}

// Asking for the CPU time is a system call: some loops in between run as programs do.
void RunFor(double seconds) {
  const double end = Now(CLOCK_THREAD_CPUTIME_ID) + seconds;
  while (Now(CLOCK_THREAD_CPUTIME_ID) < end) {
    for (int i = 0; i < 20000; ++i) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }
}

Clocks Burst(int number, double seconds) {
  pthread_setname_np(pthread_self(), ("burst-" + std::to_string(number)).c_str());
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(number % kCpus, &set);
  sched_setaffinity(0, sizeof(set), &set);
  Clocks clocks;
  const double queued = RunDelay();
  const double cpu = Now(CLOCK_THREAD_CPUTIME_ID);
  const double start = Now(CLOCK_MONOTONIC);
  while (Now(CLOCK_MONOTONIC) < start + seconds) {
    RunFor(kRun);
    nanosleep(&kSleep, nullptr);
    clocks.slept += static_cast<double>(kSleep.tv_nsec) / 1e9;
  }
  clocks.wall = Now(CLOCK_MONOTONIC) - start;
  clocks.cpu = Now(CLOCK_THREAD_CPUTIME_ID) - cpu;
  clocks.queued = RunDelay() - queued;
  return clocks;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 5;
  std::array<Clocks, kThreads> clocks;
  pthread_barrier_t ended;
  pthread_barrier_init(&ended, nullptr, kThreads + 1);
  for (int i = 0; i < kThreads; ++i) {
    std::thread([&, i] {
      clocks[static_cast<std::size_t>(i)] = Burst(i, seconds);
      pthread_barrier_wait(&ended);
      for (;;) {
        pause();
      }
    }).detach();
  }
  pthread_barrier_wait(&ended);
  Clocks sum;
  for (const Clocks& each : clocks) {
    sum.wall += each.wall;
    sum.cpu += each.cpu;
    sum.slept += each.slept;
    sum.queued += each.queued;
  }
  std::printf("wall %.3f cpu %.3f slept %.3f queued %.3f\n", sum.wall, sum.cpu, sum.slept,
              sum.queued);
  std::fflush(stdout);
  for (;;) {
    pause();
  }
}
