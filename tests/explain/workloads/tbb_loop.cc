// SPDX-License-Identifier: Apache-2.0
// A parallel loop of oneTBB now and then; none from SIGUSR1 on.
#include <oneapi/tbb.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>

namespace {
std::atomic<bool> trouble = false;
}

int main() {
  signal(SIGUSR1, [](int) { trouble = true; });
  oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism, 8);
  oneapi::tbb::task_arena arena(8);
  for (int turn = 0; !trouble; ++turn) {
    std::atomic<long> sum = 0;
    arena.execute([&] {
      oneapi::tbb::parallel_for(0, 1000, [&](int i) {
        for (int j = 0; j < 1000; ++j) {
          sum += i * j;
        }
      });
    });
    if (turn == 0) {
      std::puts("ready");
      std::fflush(stdout);
    }
    usleep(200'000);
  }
  for (;;) {
    pause();
  }
}
