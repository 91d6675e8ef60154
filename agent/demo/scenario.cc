// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/scenario.h"

#include <algorithm>
#include <chrono>

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr Clock::Duration kUsual = 50ms;
constexpr Clock::Duration kSlow = 5s;

Clock::Duration Share(Clock::Duration whole, double share) {
  return std::chrono::duration_cast<Clock::Duration>(whole * share);
}

}  // namespace

std::vector<Phase> PlanRun(Clock::Duration total) {
  // Long enough for threads to start and connections to open; it is not counted.
  const Clock::Duration warmup = std::clamp<Clock::Duration>(Share(total, 0.08), 1s, 4s);
  const Clock::Duration rest = total - warmup;
  const Clock::Duration steady = Share(rest, 0.27);
  const Clock::Duration slow = Share(rest, 0.40);
  return {
      {PhaseKind::kWarmup, warmup, kUsual},
      {PhaseKind::kSteady, steady, kUsual},
      {PhaseKind::kSlow, slow, kSlow},
      {PhaseKind::kRecovery, rest - steady - slow, kUsual},
  };
}

}  // namespace loadline::demo
