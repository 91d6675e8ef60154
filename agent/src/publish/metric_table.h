// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace loadline::agent {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

enum class MetricId : std::uint8_t {
  kThreads,
  kThreadSeconds,
  kRunqueueWait,
  kContextSwitches,
  kPeerThreads,
  kPeerWait,
  kNeighbour,
  kEventLoopBlocked,
  kBottleneck,
  kBottleneckConfidence,
  kRunqueueLatency,
  kOffcpuLatency,
  kPoolThreadsTarget,
  kPoolThreadsActive,
  kPoolQueueLength,
  kPoolTasks,
  kLimit,
  kInFlight,
  kQueueLength,
  kAdmitted,
  kRejected,
  kWouldReject,
  kLimitChanges,
  kSignalAge,
  kSignalStep,
  kLimiterBottleneck,
  kAgentBuildInfo,
  kAgentSource,
  kAgentCannotKnow,
  kAgentBpfRun,
  kAgentCpu,
  kAgentResident,
  kAgentLost,
  kAgentSeriesDropped,
  kAgentSeries,
  kAgentReadSeconds,
  kAgentReadings,
  kAgentSessions,
  kAgentDetail,
  kAgentOverBudget,
  kAgentLedgers,
  kAgentLedgerBytes,
  kAgentLedgersGiven,
  kAgentLedgersRefused,
};

struct Metric {
  MetricId id;
  MetricType type;
  std::string_view name;
  std::array<std::string_view, 5> labels;  // Unused ones are empty.
  std::string_view help;

  std::span<const std::string_view> used_labels() const;
};

// Every metric that the agent serves, in the order of MetricId. The exposition, docs/METRICS.md and
// the tests of the dashboards are all made from it.
std::span<const Metric> MetricTable();
const Metric& Find(MetricId id);

// docs/METRICS.md.
std::string MetricsDocument();

}  // namespace loadline::agent
