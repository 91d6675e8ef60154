// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/exposition.h"

#include <sstream>

#include "agent/src/publish/door_metrics.h"
#include "agent/src/publish/limiter_metrics.h"
#include "agent/src/publish/pool_metrics.h"
#include "agent/src/publish/pool_report_metrics.h"
#include "agent/src/publish/table_families.h"
#include "prometheus/text_serializer.h"

namespace loadline::agent {

std::vector<prometheus::MetricFamily> Exposition::Collect() const {
  const Facts facts = facts_();
  SeriesCap cap(series_max_);
  AgentFacts own{.facts = facts, .series = cap};
  // In the order of DescribeMetrics().
  std::vector<prometheus::MetricFamily> families;
  TableFamilies<PoolSeries> pools(PoolMetrics(), cap, families);
  TableFamilies<DoorSeries> doors(DoorMetrics(), cap, families);
  TableFamilies<PoolReportSeries> reports(PoolReportMetrics(), cap, families);
  TableFamilies<LimiterSeries> limiters(LimiterMetrics(), cap, families);
  TableFamilies<AgentFacts> agent(kAgentMetrics, cap, families);

  agent.Emit(Turn::kFirst, own);
  agent.Emit(Turn::kSecond, own);
  pools.EmitAll(facts.view.series);
  doors.EmitAll(DoorsOf(facts.view));
  // After what is measured: clients choose how many there are.
  limiters.EmitAll(LimitersOf(facts.reports));
  reports.EmitAll(PoolReportsOf(facts.reports));
  absl::MutexLock lock(&mutex_);
  dropped_total_ += cap.dropped();
  own.series_dropped_total = dropped_total_ + facts.view.series_folded_total;
  agent.Emit(Turn::kLast, own);
  std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
  return families;
}

std::string Exposition::Text() const {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, Collect());
  return std::move(text).str();
}

}  // namespace loadline::agent
