// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/switch_load.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "loadline/steady_clock.h"

namespace loadline::bench {
namespace {

void Pin() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

void Must(bool done) {
  if (!done) {
    std::abort();
  }
}

struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { Must(pipe(ends.data()) == 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void Give() const { Must(write(ends[1], "x", 1) == 1); }
  void Take() const {
    char byte;
    Must(read(ends[0], &byte, 1) == 1);
  }
};

double Ns(Clock::Duration time) { return static_cast<double>(time.count()); }

}  // namespace

double PipePingPong(int round_trips) {
  const Pipe there;
  const Pipe back;
  std::thread other([&] {
    Pin();
    for (int i = 0; i < round_trips; ++i) {
      there.Take();
      back.Give();
    }
  });
  Clock::Duration time{};
  std::thread one([&] {
    Pin();
    const Clock::Time start = SteadyClock::Get().Now();
    for (int i = 0; i < round_trips; ++i) {
      there.Give();
      back.Take();
    }
    time = SteadyClock::Get().Now() - start;
  });
  one.join();
  other.join();
  return Ns(time) / round_trips;
}

double Getppid(int calls) {
  const Clock::Time start = SteadyClock::Get().Now();
  for (int i = 0; i < calls; ++i) {
    syscall(SYS_getppid);
  }
  return Ns(SteadyClock::Get().Now() - start) / calls;
}

}  // namespace loadline::bench
