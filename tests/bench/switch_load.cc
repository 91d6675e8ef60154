// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/switch_load.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

double PlayPipePingPong(int round_trips) {
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

double PlayGetppid(int calls) {
  const Clock::Time start = SteadyClock::Get().Now();
  for (int i = 0; i < calls; ++i) {
    syscall(SYS_getppid);
  }
  return Ns(SteadyClock::Get().Now() - start) / calls;
}

}  // namespace

LoadProcess::LoadProcess() {
  std::array<int, 2> orders;
  std::array<int, 2> figures;
  Must(pipe2(orders.data(), O_CLOEXEC) == 0 && pipe2(figures.data(), O_CLOEXEC) == 0);
  pid_ = fork();
  Must(pid_ >= 0);
  if (pid_ == 0) {
    close(orders[1]);
    Serve(orders[0], figures[1]);
  }
  close(orders[0]);
  close(figures[1]);
  orders_ = orders[1];
  figures_ = figures[0];
}

LoadProcess::~LoadProcess() {
  close(orders_);  // Its end of the work.
  close(figures_);
  waitpid(pid_, nullptr, 0);
}

void LoadProcess::Serve(int orders, int figures) {
  Order order;
  while (read(orders, &order, sizeof(order)) == sizeof(order)) {
    const double figure = order.load == Order::kPipePingPong ? PlayPipePingPong(order.count)
                                                             : PlayGetppid(order.count);
    Must(write(figures, &figure, sizeof(figure)) == sizeof(figure));
  }
  _exit(0);
}

double LoadProcess::Play(Order order) {
  double figure = 0;
  Must(write(orders_, &order, sizeof(order)) == sizeof(order));
  Must(read(figures_, &figure, sizeof(figure)) == sizeof(figure));
  return figure;
}

double LoadProcess::PipePingPong(int round_trips) {
  return Play({.load = Order::kPipePingPong, .count = round_trips});
}

double LoadProcess::Getppid(int calls) { return Play({.load = Order::kGetppid, .count = calls}); }

}  // namespace loadline::bench
