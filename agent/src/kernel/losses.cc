// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/losses.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace loadline::agent {
namespace {

constexpr std::array<std::string_view, LL_LOSS_COUNT> kLossNames = {
#define LL_LOSS_NAME(name, text) text,
    LL_LOSSES(LL_LOSS_NAME)
#undef LL_LOSS_NAME
};

std::uint64_t Sum(const std::vector<ll_counts>& cpus, std::size_t what) {
  std::uint64_t sum = 0;
  for (const ll_counts& cpu : cpus) {
    sum += cpu.lost[what];
  }
  return sum;
}

}  // namespace

std::vector<SourceLoss> LossesFrom(const std::vector<ll_counts>& now,
                                   const std::vector<ll_counts>& before) {
  std::vector<SourceLoss> losses;
  for (std::size_t what = 0; what < kLossNames.size(); ++what) {
    losses.push_back(
        {.what = std::string(kLossNames[what]), .total = Sum(now, what) - Sum(before, what)});
  }
  return losses;
}

double ProbeRunSeconds(const std::vector<ll_counts>& now) {
  double seconds = 0;
  for (const ll_counts& cpu : now) {
    if (cpu.timed_runs > 0) {
      const double mean_ns =
          static_cast<double>(cpu.timed_ns) / static_cast<double>(cpu.timed_runs);
      seconds += mean_ns * 1e-9 * static_cast<double>(cpu.runs);
    }
  }
  return seconds;
}

}  // namespace loadline::agent
