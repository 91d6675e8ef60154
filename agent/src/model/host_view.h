// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/pool_row.h"
#include "agent/src/model/series_book.h"
#include "agent/src/sampler/thread_sample.h"

namespace loadline::agent {

// What is measured of what could be, and why not all of it.
struct DetailView {
  Detail wanted;    // By the configuration.
  Detail measured;  // Never more; less while it would cost more than the budget.
  bool agent_over_budget = false;
  bool probes_over_budget = false;

  bool is_dropped(Feature feature) const { return wanted.has(feature) && !measured.has(feature); }
};

// What is known of the host after one reading: what every page, stream and metric shows.
struct HostView {
  Clock::Time taken_at;
  std::string source;
  std::vector<std::string_view> cannot_know;  // As Source::cannot_know().
  int cpus = 1;
  double cpu_idle_fraction = 0;
  std::vector<PoolRow> rows;
  std::vector<PoolSeries> series;
  std::vector<Door> doors;
  std::uint64_t series_folded_total = 0;
  std::vector<SourceLoss> losses;
  double probe_run_seconds = 0;
  DetailView detail;
};

}  // namespace loadline::agent
