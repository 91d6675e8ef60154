// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/metric_table.h"

#include <algorithm>
#include <cstddef>

namespace loadline::agent {
namespace {

using enum MetricType;

constexpr auto kTable = std::to_array<Metric>({
    {MetricId::kThreads,
     kGauge,
     "loadline_threads",
     {"process", "pool", "container", "state"},
     "Threads by what they do now: working, runnable, waiting or idle."},
    {MetricId::kThreadSeconds,
     kCounter,
     "loadline_thread_seconds_total",
     {"process", "pool", "container", "state", "reason"},
     "Time of threads by what they did. The reason is that of the wait, and none for working and "
     "runnable."},
    {MetricId::kRunqueueWait,
     kCounter,
     "loadline_runqueue_wait_seconds_total",
     {"process", "pool", "container", "cause"},
     "Time that threads could have run and had no CPU, by who had it: self is the same pool, "
     "neighbour anybody else, throttled the CPU quota."},
    {MetricId::kContextSwitches,
     kCounter,
     "loadline_context_switches_total",
     {"process", "pool", "container", "kind"},
     "Times that a thread left the CPU, voluntary to wait or involuntary."},
    {MetricId::kPeerThreads,
     kGauge,
     "loadline_peer_threads",
     {"process", "pool", "container", "peer"},
     "Threads that wait for this peer now: an address, or the path of a Unix socket. The busiest "
     "peers "
     "of a pool, the rest as other."},
    {MetricId::kPeerWait,
     kCounter,
     "loadline_peer_wait_seconds_total",
     {"process", "pool", "container", "peer"},
     "Time that threads waited for this peer."},
    {MetricId::kNeighbour,
     kCounter,
     "loadline_neighbour_seconds_total",
     {"process", "pool", "container", "neighbour"},
     "Time that threads waited for a CPU, by the process that had it. The largest of a pool, the "
     "rest "
     "as other; unknown has ended since."},
    {MetricId::kEventLoopBlocked,
     kCounter,
     "loadline_event_loop_blocked_seconds_total",
     {"process", "pool", "container", "reason"},
     "Time that threads which live in poll were kept from it: by waits for something else, by "
     "their "
     "reason, or running, for 50 ms or more at once."},
    {MetricId::kBottleneck,
     kGauge,
     "loadline_bottleneck",
     {"process", "pool", "container", "class", "modifier"},
     "Processes whose pool is held back by this class of bottleneck; there is a series for each "
     "class that holds now. The modifier is throttled or neighbour beside another class."},
    {MetricId::kBottleneckConfidence,
     kGauge,
     "loadline_bottleneck_confidence",
     {"process", "pool", "container"},
     "How sure that class is: the part of the last ten readings that agreed, at most 0.8 where the "
     "kernel alone tells, 0.6 where reasons are sampled; of the least sure process."},
    {MetricId::kRunqueueLatency,
     kHistogram,
     "loadline_runqueue_latency_seconds",
     {"process", "pool", "container"},
     "How long threads waited for a CPU, each time that they got one. The most active pools; all "
     "others together are the pool other."},
    {MetricId::kOffcpuLatency,
     kHistogram,
     "loadline_offcpu_latency_seconds",
     {"process", "pool", "container", "reason"},
     "How long waits lasted that ended, by their reason, without the wait for a CPU that follows."},
    {MetricId::kPoolThreadsTarget,
     kGauge,
     "loadline_pool_threads_target",
     {"process", "pool"},
     "Threads that a pool which sizes itself wants to have."},
    {MetricId::kPoolThreadsActive,
     kGauge,
     "loadline_pool_threads_active",
     {"process", "pool"},
     "Threads that run a task, by the pool's own account."},
    {MetricId::kPoolQueueLength,
     kGauge,
     "loadline_pool_queue_length",
     {"process", "pool"},
     "Tasks that wait for a thread of the pool."},
    {MetricId::kPoolTasks,
     kCounter,
     "loadline_pool_tasks_total",
     {"process", "pool", "outcome"},
     "Tasks by outcome: completed, refused since the queue was full, or expired in the queue."},
    {MetricId::kLimit,
     kGauge,
     "loadline_limit",
     {"service", "limiter"},
     "Operations that may be in flight, summed over the service's processes."},
    {MetricId::kInFlight,
     kGauge,
     "loadline_in_flight",
     {"service", "limiter"},
     "Operations in flight."},
    {MetricId::kQueueLength,
     kGauge,
     "loadline_queue_length",
     {"service", "limiter"},
     "Operations that wait in front of the limit."},
    {MetricId::kAdmitted,
     kCounter,
     "loadline_admitted_total",
     {"service", "limiter"},
     "Operations let in."},
    {MetricId::kRejected,
     kCounter,
     "loadline_rejected_total",
     {"service", "limiter", "priority", "cause"},
     "Operations refused, by the reason of the decision in force."},
    {MetricId::kWouldReject,
     kCounter,
     "loadline_would_reject_total",
     {"service", "limiter"},
     "Operations let in that enforcing would have refused."},
    {MetricId::kLimitChanges,
     kCounter,
     "loadline_limit_changes_total",
     {"service", "limiter", "cause"},
     "Changes of the limit, by their reason."},
    {MetricId::kSignalAge,
     kGauge,
     "loadline_signal_age_seconds",
     {"service", "limiter"},
     "Age of the newest kernel signal that the limiter has; infinite if it never had one."},
    {MetricId::kSignalStep,
     kGauge,
     "loadline_signal_step",
     {"service", "limiter", "step"},
     "Processes of the service whose limiter goes by this step of the signal ladder: ledger, "
     "stream, "
     "schedstat or latency."},
    {MetricId::kLimiterBottleneck,
     kGauge,
     "loadline_limiter_bottleneck",
     {"service", "limiter", "class"},
     "Processes of the service whose limiter names this class of bottleneck."},
    {MetricId::kAgentBuildInfo, kGauge, "loadline_agent_build_info", {"version"}, "Always 1."},
    {MetricId::kAgentSource,
     kGauge,
     "loadline_agent_source",
     {"source"},
     "1 for the way in which the agent measures."},
    {MetricId::kAgentCannotKnow,
     kGauge,
     "loadline_agent_cannot_know",
     {"what"},
     "1 for each thing that this way of measuring does not tell of any thread."},
    {MetricId::kAgentBpfRun,
     kCounter,
     "loadline_agent_bpf_run_seconds_total",
     {},
     "Time spent in the kernel probes, estimated from sampled runs."},
    {MetricId::kAgentCpu,
     kCounter,
     "loadline_agent_cpu_seconds_total",
     {},
     "CPU time of the agent's own process."},
    {MetricId::kAgentResident,
     kGauge,
     "loadline_agent_resident_bytes",
     {},
     "Memory of the agent's own process."},
    {MetricId::kAgentLost,
     kCounter,
     "loadline_agent_lost_total",
     {"what"},
     "What the agent could not see, keep or serve, by kind."},
    {MetricId::kAgentSeriesDropped,
     kCounter,
     "loadline_agent_series_dropped_total",
     {},
     "Pools folded into the pool other, and series left out at the cap."},
    {MetricId::kAgentSeries, kGauge, "loadline_agent_series", {}, "Series of the last exposition."},
    {MetricId::kAgentReadSeconds,
     kCounter,
     "loadline_agent_read_seconds_total",
     {},
     "Time spent reading and modelling the host."},
    {MetricId::kAgentReadings,
     kCounter,
     "loadline_agent_readings_total",
     {"outcome"},
     "Readings of the host, ok or failed."},
    {MetricId::kAgentSessions, kGauge, "loadline_agent_sessions", {}, "Processes registered now."},
    {MetricId::kAgentDetail,
     kGauge,
     "loadline_agent_detail",
     {"feature", "state"},
     "1 for the state of each feature: on, off by configuration, or dropped since it would cost "
     "more "
     "than the budget."},
    {MetricId::kAgentOverBudget,
     kGauge,
     "loadline_agent_over_budget",
     {"of"},
     "1 while the agent's own process, or its probes, use more CPU than budget_cpu allows."},
    {MetricId::kAgentLedgers,
     kGauge,
     "loadline_agent_ledgers",
     {},
     "Processes that map their threads' counters now."},
    {MetricId::kAgentLedgerBytes,
     kGauge,
     "loadline_agent_ledger_bytes",
     {},
     "Kernel memory of those counters."},
    {MetricId::kAgentLedgersGiven,
     kCounter,
     "loadline_agent_ledgers_given_total",
     {"kind"},
     "Ledgers handed out: first of a process, or larger in place of one that it outgrew."},
    {MetricId::kAgentLedgersRefused,
     kCounter,
     "loadline_agent_ledgers_refused_total",
     {"cause"},
     "Processes that asked for a ledger and got none, or lost it by executing another program "
     "(image)."},
});

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].id != static_cast<MetricId>(i)) {
      return false;
    }
  }
  return kTable.size() == static_cast<std::size_t>(MetricId::kAgentLedgersRefused) + 1;
}
static_assert(InOrder(), "the table follows MetricId");

std::string_view NameOf(MetricType type) {
  switch (type) {
    case kCounter:
      return "counter";
    case kGauge:
      return "gauge";
    case kHistogram:
      break;
  }
  return "histogram";
}

}  // namespace

std::span<const std::string_view> Metric::used_labels() const {
  const auto used = std::ranges::count_if(labels, [](auto label) { return !label.empty(); });
  return std::span(labels).first(static_cast<std::size_t>(used));
}

std::span<const Metric> MetricTable() { return kTable; }

const Metric& Find(MetricId id) { return kTable[static_cast<std::size_t>(id)]; }

std::string MetricsDocument() {
  std::string text =
      "# Metrics\n\n"
      "Generated by `loadline metrics-doc` from the metric table in\n"
      "`agent/src/publish/metric_table.cc`: change that, not this. Units are seconds, bytes and\n"
      "counts. No label ever holds a pid or a tid; processes of the same name are added up.\n"
      "`container` is the container or systemd unit (`docker/5c1f0a7b2d3e`, `nginx.service`); a\n"
      "process in neither has no such label. A scrape whose target has a `container` of its own "
      "(as\n"
      "in Kubernetes) needs `honor_labels: true`.\n\n"
      "| Name | Type | Labels | Meaning |\n|---|---|---|---|\n";
  for (const Metric& metric : kTable) {
    text.append("| `").append(metric.name).append("` | ");
    text.append(NameOf(metric.type)).append(" | ");
    std::string_view separator;
    for (const std::string_view label : metric.used_labels()) {
      text.append(separator).append("`").append(label).append("`");
      separator = ", ";
    }
    text.append(" | ").append(metric.help).append(" |\n");
  }
  return text;
}

}  // namespace loadline::agent
