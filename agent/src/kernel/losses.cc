// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/losses.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace loadline::agent {
namespace {

constexpr std::array<std::string_view, LL_LOSS_COUNT> kSwitchLossNames = {
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
  for (std::size_t what = 0; what < kSwitchLossNames.size(); ++what) {
    losses.push_back(
        {.what = std::string(kSwitchLossNames[what]), .total = Sum(now, what) - Sum(before, what)});
  }
  return losses;
}

// Not a mean times all runs, which falls when a short run follows a long one.
double ProbeRunSeconds(const std::vector<ll_counts>& now) {
  std::uint64_t timed_ns = 0;
  for (const ll_counts& cpu : now) {
    timed_ns += cpu.timed_ns;
  }
  return static_cast<double>(timed_ns) * 1e-9 * LL_TIMED_EVERY;
}

}  // namespace loadline::agent
