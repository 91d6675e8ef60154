// SPDX-License-Identifier: Apache-2.0
// Threads that wait for work, in ways that look like something else.
//
//     resting receiver THREADS     one reads from a pipe under a lock, the others wait for the lock
//     resting condition THREADS    a condition variable for each, woken some hundred times before
//     resting shared THREADS       one condition variable for all
//     resting latch THREADS        std::latch, whose count is 2
//     resting atomic THREADS       std::atomic::wait for another value than 2
//     resting barrier THREADS      std::barrier in its third phase
#include <barrier>
#include <condition_variable>
#include <latch>
#include <list>
#include <mutex>
#include <string_view>

#include "held.h"

namespace {

using held::Pause;
using std::chrono_literals::operator""ms;

struct Mailbox {
  std::mutex mutex;
  std::condition_variable changed;
  int tasks = 0;

  void Post() {
    {
      const std::scoped_lock lock(mutex);
      ++tasks;
    }
    changed.notify_one();
  }

  void Take() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return tasks > 0; });
    --tasks;
  }
};

// Work comes while the program is healthy, and none in its state.
void Feed(const std::function<void()>& post) {
  held::Start("feeder", [post] {
    if (held::trouble) {
      pause();
    }
    post();
    Pause(2ms);
  });
}

void Receiver(int threads) {
  static std::mutex mutex;
  static int ends[2];
  held::Check(pipe(ends) == 0, "pipe");
  for (int i = 0; i < threads; ++i) {
    held::Start("worker-" + std::to_string(i), [] {
      char task = 0;
      const std::scoped_lock lock(mutex);
      held::Check(read(ends[0], &task, 1) == 1, "read");
    });
  }
  Feed([] { held::Check(write(ends[1], "a", 1) == 1, "write"); });
}

void Conditions(int threads, bool shared) {
  static std::list<Mailbox> boxes;
  for (int i = 0; i < threads; ++i) {
    if (boxes.empty() || !shared) {
      boxes.emplace_back();
    }
    Mailbox* const box = &boxes.back();
    held::Start("worker-" + std::to_string(i), [box] { box->Take(); });
  }
  Feed([] {
    static auto next = boxes.begin();
    next->Post();
    next = std::next(next) == boxes.end() ? boxes.begin() : std::next(next);
  });
}

void Once(int threads, const std::function<void()>& wait) {
  for (int i = 0; i < threads; ++i) {
    held::Start("worker-" + std::to_string(i), wait);
  }
}

}  // namespace

int main(int argc, char** argv) {
  held::Check(argc > 2, "usage: see resting.cc");
  const std::string_view kind = argv[1];
  const int threads = std::atoi(argv[2]);
  static std::latch two(2);
  static std::atomic<int> value = 2;
  static std::barrier phases(threads + 1);
  if (kind == "receiver") {
    Receiver(threads);
  } else if (kind == "condition" || kind == "shared") {
    Conditions(threads, kind == "shared");
  } else if (kind == "latch") {
    Once(threads, [] { two.wait(); });
  } else if (kind == "atomic") {
    Once(threads, [] { value.wait(2); });
  } else {
    Once(threads, [] { phases.arrive_and_wait(); });
    for (int phase = 0; phase < 2; ++phase) {
      phases.arrive_and_wait();
    }
  }
  held::Live();
}
