// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "loadline/control/kernel_law.h"

namespace loadline::control {

// A rule is one type in one file. It has
//
//   static constexpr RuleRow kRow            its name, and what docs/control.md says of it
//   Proposal OnTick(observation, standing)   judges each tick; or
//   Proposal OnWindow(observation, window, standing)
//                                            judges each closed window; or
//   Proposal OnLimit(standing) const         has the last word on what is announced
//   void Tell(Standing&) const               if others go by what it found
//
// and nothing else: what it proposes depends on what it is given and on its own members. Its place
// in law `kernel` is its line in precedence.h.
template <typename Rule>
concept JudgesTicks = requires(Rule& rule) {
  &Rule::OnTick;
};
template <typename Rule>
concept JudgesWindows = requires(Rule& rule) {
  &Rule::OnWindow;
};
template <typename Rule>
concept JudgesLimits = requires(Rule& rule) {
  &Rule::OnLimit;
};

}  // namespace loadline::control
