// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/pool_report_metrics.h"

#include <map>
#include <utility>

namespace loadline::agent {
namespace {

using enum MetricType;

template <double PoolReportGauges::*kField>
void EmitNow(const PoolReportSeries& pool, Samples& out) {
  if (pool.now.has_value()) {
    out.Add((*pool.now).*kField);
  }
}

constexpr auto kPoolReportRows = std::to_array<MetricRow<PoolReportSeries>>({
    {.name = "loadline_pool_threads_target",
     .type = kGauge,
     .help = "Threads that a pool which sizes itself wants to have.",
     .emit = EmitNow<&PoolReportGauges::threads_target>},
    {.name = "loadline_pool_threads_active",
     .type = kGauge,
     .help = "Threads that run a task, by the pool's own account.",
     .emit = EmitNow<&PoolReportGauges::threads_active>},
    {.name = "loadline_pool_queue_length",
     .type = kGauge,
     .help = "Tasks that wait for a thread of the pool.",
     .emit = EmitNow<&PoolReportGauges::queue_length>},
    {.name = "loadline_pool_tasks_total",
     .type = kCounter,
     .labels = {"outcome"},
     .help = "Tasks by outcome: completed, refused since the queue was full, or expired in the "
             "queue.",
     .turn = Turn::kSecond,
     .emit =
         [](const PoolReportSeries& pool, Samples& out) {
           if (pool.tasks != nullptr) {
             out.Add({"completed"}, pool.tasks->completed);
             out.Add({"refused"}, pool.tasks->refused);
             out.Add({"expired"}, pool.tasks->expired);
           }
         }},
});

constexpr MetricTable<PoolReportSeries> kPoolReportTable = {
    .rows = kPoolReportRows,
    .labels = {"process", "pool"},
    .values =
        [](const PoolReportSeries& pool) {
          return LabelValues{pool.labels.first, pool.labels.second};
        },
};

}  // namespace

std::vector<PoolReportSeries> PoolReportsOf(const ServiceReports& reports) {
  std::map<ReportLabels, PoolReportSeries> all;
  for (const ServiceState& service : reports.services) {
    for (const v1::PoolReport& report : service.pools) {
      std::optional<PoolReportGauges>& now = all[{service.service, report.name()}].now;
      PoolReportGauges& sum = now.has_value() ? *now : now.emplace();
      sum.threads_target += report.threads_target();
      sum.threads_active += report.threads_active();
      sum.queue_length += report.queue_length();
    }
  }
  for (const auto& [labels, tasks] : reports.pools) {
    all[labels].tasks = &tasks;
  }
  std::vector<PoolReportSeries> series;
  series.reserve(all.size());
  for (auto& [labels, pool] : all) {
    pool.labels = labels;
    series.push_back(std::move(pool));
  }
  return series;
}

const MetricTable<PoolReportSeries>& PoolReportMetrics() { return kPoolReportTable; }

}  // namespace loadline::agent
