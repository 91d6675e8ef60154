// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/service_metrics.h"

#include <algorithm>
#include <map>
#include <string>

namespace loadline::agent {
namespace {

// Of all processes of one service.
struct LimiterGauges {
  double limit = 0;
  double in_flight = 0;
  double queue_length = 0;
  double signal_age_seconds = 0;  // Of the process that knows least.
  std::map<std::string, int> bottlenecks;
  std::map<std::string, int> signal_steps;
};

struct PoolGauges {
  double target = 0;
  double active = 0;
  double queue_length = 0;
};

double AsDouble(std::uint64_t count) { return static_cast<double>(count); }

void AddLimiterGauges(const ServiceReports& reports, Families& families) {
  std::map<ReportLabels, LimiterGauges> all;
  for (const ServiceState& service : reports.services) {
    for (const v1::LimiterReport& limiter : service.limiters) {
      LimiterGauges& sum = all[{service.service, limiter.name()}];
      sum.limit += limiter.limit();
      sum.in_flight += limiter.in_flight();
      sum.queue_length += limiter.queue_length();
      sum.signal_age_seconds = std::max(sum.signal_age_seconds, limiter.signal_age_seconds());
      if (!limiter.bottleneck().empty()) {
        ++sum.bottlenecks[limiter.bottleneck()];
      }
      if (!limiter.signal_source().empty()) {
        ++sum.signal_steps[limiter.signal_source()];
      }
    }
  }
  for (const auto& [labels, sum] : all) {
    const auto& [service, limiter] = labels;
    families.Add(MetricId::kLimit, {service, limiter}, sum.limit);
    families.Add(MetricId::kInFlight, {service, limiter}, sum.in_flight);
    families.Add(MetricId::kQueueLength, {service, limiter}, sum.queue_length);
    families.Add(MetricId::kSignalAge, {service, limiter}, sum.signal_age_seconds);
    for (const auto& [name, processes] : sum.bottlenecks) {
      families.Add(MetricId::kLimiterBottleneck, {service, limiter, name}, processes);
    }
    for (const auto& [name, processes] : sum.signal_steps) {
      families.Add(MetricId::kSignalStep, {service, limiter, name}, processes);
    }
  }
}

void AddLimiterCounters(const ServiceReports& reports, Families& families) {
  for (const auto& [labels, totals] : reports.limiters) {
    const auto& [service, limiter] = labels;
    families.Add(MetricId::kAdmitted, {service, limiter}, AsDouble(totals.admitted));
    families.Add(MetricId::kWouldReject, {service, limiter}, AsDouble(totals.would_reject));
    for (const auto& [key, count] : totals.rejected) {
      const auto& [priority, cause] = key;
      families.Add(MetricId::kRejected, {service, limiter, priority, cause}, AsDouble(count));
    }
    for (const auto& [cause, count] : totals.limit_changes) {
      families.Add(MetricId::kLimitChanges, {service, limiter, cause}, AsDouble(count));
    }
  }
}

void AddPoolReports(const ServiceReports& reports, Families& families) {
  std::map<ReportLabels, PoolGauges> all;
  for (const ServiceState& service : reports.services) {
    for (const v1::PoolReport& pool : service.pools) {
      PoolGauges& sum = all[{service.service, pool.name()}];
      sum.target += pool.threads_target();
      sum.active += pool.threads_active();
      sum.queue_length += pool.queue_length();
    }
  }
  for (const auto& [labels, sum] : all) {
    const auto& [service, pool] = labels;
    families.Add(MetricId::kPoolThreadsTarget, {service, pool}, sum.target);
    families.Add(MetricId::kPoolThreadsActive, {service, pool}, sum.active);
    families.Add(MetricId::kPoolQueueLength, {service, pool}, sum.queue_length);
  }
  for (const auto& [labels, totals] : reports.pools) {
    const auto& [service, pool] = labels;
    families.Add(MetricId::kPoolTasks, {service, pool, "completed"}, AsDouble(totals.completed));
    families.Add(MetricId::kPoolTasks, {service, pool, "refused"}, AsDouble(totals.refused));
    families.Add(MetricId::kPoolTasks, {service, pool, "expired"}, AsDouble(totals.expired));
  }
}

}  // namespace

void AddServiceMetrics(const ServiceReports& reports, Families& families) {
  AddLimiterGauges(reports, families);
  AddLimiterCounters(reports, families);
  AddPoolReports(reports, families);
}

}  // namespace loadline::agent
