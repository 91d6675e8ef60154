// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/src/model/host_view.h"
#include "agent/src/publish/metric_row.h"

namespace loadline::agent {

// The sockets of one service with one address, at which it takes connections.
struct DoorSeries {
  std::string process;
  std::string container;
  std::string address;
  std::uint64_t queue = 0;
  std::uint64_t limit = 0;
  std::uint64_t drops = 0;
};

// In the order of the labels. At most kDoorsMax: those with the longest queues.
inline constexpr std::size_t kDoorsMax = 256;
std::vector<DoorSeries> DoorsOf(const HostView& view);

// What waits at the doors of servers.
const MetricTable<DoorSeries>& DoorMetrics();

}  // namespace loadline::agent
