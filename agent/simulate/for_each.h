// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace loadline::cli {

// Called now and then: cells done, of how many.
using Progress = std::function<void(std::size_t done, std::size_t of)>;

// Calls `work` for 0 to count - 1, on all CPUs; `progress` on the calling thread only.
inline void ForEach(std::size_t count, const std::function<void(std::size_t)>& work,
                    const Progress& progress) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  std::size_t reported = 0;
  const auto loop = [&](bool reports) {
    for (std::size_t i = next++; i < count; i = next++) {
      work(i);
      ++done;
      if (reports) {
        progress(reported = done, count);
      }
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
      others.emplace_back(loop, false);
    }
    loop(true);
  }
  if (reported < count) {
    progress(count, count);  // The last one was another thread's.
  }
}

}  // namespace loadline::cli
