// SPDX-License-Identifier: Apache-2.0
// Makes 3,000 threads that rename themselves, by makers that preempt one another in the middle of
// it, and keeps every sixth. Then prints how many threads each pool has to have, and waits for
// good:
//
//   kept maker-* 6
//   kept keep-* 500
//
// On each of two CPUs: two makers of the common class, which take turns, and one of SCHED_FIFO,
// which is woken up ten thousand times a second at most and preempts whatever the kernel does for
// them.
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kCpus = 2;
constexpr int kMakersPerCpu = 3;
constexpr int kMakers = kCpus * kMakersPerCpu;
constexpr int kThreads = 3000;
constexpr int kKeepEvery = 6;
constexpr int kAliveMax = 300;  // Of those that will end.
constexpr timespec kRest{.tv_sec = 0, .tv_nsec = 100'000};

std::atomic<int> g_made = 0;
std::atomic<int> g_renamed = 0;  // By their final name.
std::atomic<int> g_alive = 0;

void Rename(const char* pool, int number) {
  pthread_setname_np(pthread_self(), (std::string(pool) + "-" + std::to_string(number)).c_str());
}

[[noreturn]] void Rest() {
  for (;;) {
    pause();
  }
}

void* Live(void* argument) {
  const int number = static_cast<int>(reinterpret_cast<std::intptr_t>(argument));
  Rename("young", number);
  sched_yield();
  const bool keep = number % kKeepEvery == 0;
  Rename(keep ? "keep" : "pass", number);
  ++g_renamed;
  if (keep) {
    Rest();
  }
  --g_alive;
  return nullptr;
}

void MakeOne(const pthread_attr_t& attributes, int number) {
  while (g_alive >= kAliveMax) {
    nanosleep(&kRest, nullptr);
  }
  g_alive += number % kKeepEvery == 0 ? 0 : 1;
  pthread_t thread;
  // The number of threads may be at its bound for a moment, until those that ended are gone.
  while (pthread_create(&thread, &attributes, Live,
                        reinterpret_cast<void*>(static_cast<std::intptr_t>(number))) != 0) {
    nanosleep(&kRest, nullptr);
  }
}

// Those it makes are of the common class, whatever it is itself.
void TakePlace(int maker) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(maker % kCpus, &set);
  sched_setaffinity(0, sizeof(set), &set);
  if (maker / kCpus == 0) {
    const sched_param first{.sched_priority = 1};
    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
  }
}

void Make(int maker) {
  Rename("maker", maker);
  TakePlace(maker);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::size_t{64} << 10);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  for (int number = g_made++; number < kThreads; number = g_made++) {
    MakeOne(attributes, number);
    if (maker / kCpus == 0) {
      Rename("maker", maker);
      nanosleep(&kRest, nullptr);
    }
  }
  Rest();
}

}  // namespace

int main() {
  for (int maker = 0; maker < kMakers; ++maker) {
    std::thread(Make, maker).detach();
  }
  while (g_renamed < kThreads || g_alive > 0) {
    nanosleep(&kRest, nullptr);
  }
  std::printf("kept maker-* %d\nkept keep-* %d\n", kMakers, kThreads / kKeepEvery);
  std::fflush(stdout);
  Rest();
}
