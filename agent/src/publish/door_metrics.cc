// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/door_metrics.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace loadline::agent {
namespace {

using enum MetricType;

constexpr auto kDoorRows = std::to_array<MetricRow<DoorSeries>>({
    {.name = "loadline_door_queue",
     .type = kGauge,
     .help = "Connections that stand at this door now: the server has not taken them yet.",
     .emit = [](const DoorSeries& door, Samples& out) { out.Add(door.queue); }},
    {.name = "loadline_door_limit",
     .type = kGauge,
     .help = "So many connections may stand there; more are turned away, or wait outside.",
     .emit = [](const DoorSeries& door, Samples& out) { out.Add(door.limit); }},
    {.name = "loadline_door_drops_total",
     .type = kCounter,
     .help = "Connections that were turned away since the sockets of this door began.",
     .emit = [](const DoorSeries& door, Samples& out) { out.Add(door.drops); }},
});

constexpr MetricTable<DoorSeries> kDoorTable = {
    .rows = kDoorRows,
    .labels = {"process", "container", "address"},
    .values =
        [](const DoorSeries& door) {
          return LabelValues{door.process, door.container, door.address};
        },
};

}  // namespace

std::vector<DoorSeries> DoorsOf(const HostView& view) {
  absl::flat_hash_map<pid_t, const PoolRow*> row_of;
  for (const PoolRow& row : view.rows) {
    row_of.emplace(row.pid, &row);
  }
  std::map<std::tuple<std::string, std::string, std::string>, DoorSeries> by_labels;
  for (const Door& door : view.doors) {
    const auto holder =
        std::ranges::find_if(door.tgids, [&](pid_t tgid) { return row_of.contains(tgid); });
    if (holder == door.tgids.end()) {
      continue;
    }
    const PoolRow& row = *row_of[*holder];
    DoorSeries& series = by_labels[{row.process, row.container, door.address}];
    series.process = row.process;
    series.container = row.container;
    series.address = door.address;
    series.queue += door.queue;
    series.limit += door.limit;
    series.drops += door.drops;
  }
  std::vector<DoorSeries> doors;
  doors.reserve(by_labels.size());
  for (auto& [labels, series] : by_labels) {
    doors.push_back(std::move(series));
  }
  if (doors.size() > kDoorsMax) {
    std::ranges::stable_sort(doors, std::greater(), [](const DoorSeries& door) {
      return std::pair(door.queue, door.drops);
    });
    doors.resize(kDoorsMax);
  }
  return doors;
}

const MetricTable<DoorSeries>& DoorMetrics() { return kDoorTable; }

}  // namespace loadline::agent
