// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <string>
#include <vector>

#include "agent/demo/live_meter.h"
#include "agent/demo/pool_view.h"
#include "agent/demo/scenario.h"
#include "agent/demo/text_cells.h"

namespace loadline::demo {

// All that the live screen shows at one moment.
struct ScreenState {
  RunMode mode = RunMode::kFixed;
  int run = 1;  // The how many-th of `runs`.
  int runs = 1;
  std::vector<Phase> phases;
  std::size_t phase = 0;  // Index of the one that plays; phases.size(): none, `--keep`.
  Clock::Duration phase_elapsed{};
  std::string dependency;  // "inventory 127.0.0.1:41233"
  double dependency_latency_ms = 0;
  std::array<double, kEndpoints.size()> offered_per_second{};
  std::array<LiveMeter::Reading, kEndpoints.size()> load;
  pid_t service = 0;  // Its pools come first.
  HostView host;      // Pools of the demo's own processes only.
  std::string metrics_url;
};

// What the columns of a frame need.
inline constexpr int kScreenWidthMin = 64;

// A whole frame, lines separated by '\n', none longer than style.width columns nor more than
// style.height of them. Pure.
std::string RenderScreen(const ScreenState& state, const Style& style);

// The same in one line, for logs and pipes.
std::string RenderLine(const ScreenState& state);

}  // namespace loadline::demo
