// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "agent/demo/scenario.h"

namespace loadline::demo {

// For people; Name() is for machines.
constexpr std::string_view Title(RunMode mode) {
  return mode == RunMode::kFixed ? "fixed pool of 200" : "Loadline";
}

}  // namespace loadline::demo
