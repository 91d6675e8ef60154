// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/limiter_metrics.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace loadline::agent {
namespace {

using enum MetricType;

void Add(const v1::LimiterReport& report, LimiterGauges& sum) {
  sum.limit += report.limit();
  sum.in_flight += report.in_flight();
  sum.queue_length += report.queue_length();
  sum.signal_age_seconds = std::max(sum.signal_age_seconds, report.signal_age_seconds());
  if (!report.bottleneck().empty()) {
    ++sum.bottlenecks[report.bottleneck()];
  }
  if (!report.signal_source().empty()) {
    ++sum.signal_steps[report.signal_source()];
  }
}

template <double LimiterGauges::*kField>
void EmitNow(const LimiterSeries& limiter, Samples& out) {
  if (limiter.now.has_value()) {
    out.Add((*limiter.now).*kField);
  }
}

template <std::map<std::string, int> LimiterGauges::*kField>
void EmitProcesses(const LimiterSeries& limiter, Samples& out) {
  if (limiter.now.has_value()) {
    for (const auto& [name, processes] : (*limiter.now).*kField) {
      out.Add({name}, processes);
    }
  }
}

template <std::uint64_t LimiterTotals::*kField>
void EmitTotal(const LimiterSeries& limiter, Samples& out) {
  if (limiter.totals != nullptr) {
    out.Add(limiter.totals->*kField);
  }
}

void EmitRejected(const LimiterSeries& limiter, Samples& out) {
  if (limiter.totals != nullptr) {
    for (const auto& [key, count] : limiter.totals->rejected) {
      const auto& [priority, cause] = key;
      out.Add({priority, cause}, count);
    }
  }
}

void EmitLimitChanges(const LimiterSeries& limiter, Samples& out) {
  if (limiter.totals != nullptr) {
    for (const auto& [cause, count] : limiter.totals->limit_changes) {
      out.Add({cause}, count);
    }
  }
}

constexpr auto kLimiterRows = std::to_array<MetricRow<LimiterSeries>>({
    {.name = "loadline_limit",
     .type = kGauge,
     .help = "Operations that may be in flight, summed over the service's processes.",
     .emit = EmitNow<&LimiterGauges::limit>},
    {.name = "loadline_in_flight",
     .type = kGauge,
     .help = "Operations in flight.",
     .emit = EmitNow<&LimiterGauges::in_flight>},
    {.name = "loadline_queue_length",
     .type = kGauge,
     .help = "Operations that wait in front of the limit.",
     .emit = EmitNow<&LimiterGauges::queue_length>},
    {.name = "loadline_admitted_total",
     .type = kCounter,
     .help = "Operations let in.",
     .turn = Turn::kSecond,
     .emit = EmitTotal<&LimiterTotals::admitted>},
    {.name = "loadline_rejected_total",
     .type = kCounter,
     .labels = {"priority", "cause"},
     .help = "Operations refused, by the reason of the decision in force.",
     .turn = Turn::kSecond,
     .emit = EmitRejected},
    {.name = "loadline_would_reject_total",
     .type = kCounter,
     .help = "Operations let in that enforcing would have refused.",
     .turn = Turn::kSecond,
     .emit = EmitTotal<&LimiterTotals::would_reject>},
    {.name = "loadline_limit_changes_total",
     .type = kCounter,
     .labels = {"cause"},
     .help = "Changes of the limit, by their reason.",
     .turn = Turn::kSecond,
     .emit = EmitLimitChanges},
    {.name = "loadline_signal_age_seconds",
     .type = kGauge,
     .help = "Age of the newest kernel signal that the limiter has; infinite if it never had one.",
     .emit = EmitNow<&LimiterGauges::signal_age_seconds>},
    {.name = "loadline_signal_step",
     .type = kGauge,
     .labels = {"step"},
     .help = "Processes of the service whose limiter goes by this step of the signal ladder: "
             "ledger, stream, schedstat or latency.",
     .emit = EmitProcesses<&LimiterGauges::signal_steps>},
    {.name = "loadline_limiter_bottleneck",
     .type = kGauge,
     .labels = {"class"},
     .help = "Processes of the service whose limiter names this class of bottleneck.",
     .emit = EmitProcesses<&LimiterGauges::bottlenecks>},
});

constexpr MetricTable<LimiterSeries> kLimiterTable = {
    .rows = kLimiterRows,
    .labels = {"service", "limiter"},
    .values =
        [](const LimiterSeries& limiter) {
          return LabelValues{limiter.labels.first, limiter.labels.second};
        },
};

}  // namespace

std::vector<LimiterSeries> LimitersOf(const ServiceReports& reports) {
  std::map<ReportLabels, LimiterSeries> all;
  for (const ServiceState& service : reports.services) {
    for (const v1::LimiterReport& report : service.limiters) {
      std::optional<LimiterGauges>& now = all[{service.service, report.name()}].now;
      Add(report, now.has_value() ? *now : now.emplace());
    }
  }
  for (const auto& [labels, totals] : reports.limiters) {
    all[labels].totals = &totals;
  }
  std::vector<LimiterSeries> series;
  series.reserve(all.size());
  for (auto& [labels, limiter] : all) {
    limiter.labels = labels;
    series.push_back(std::move(limiter));
  }
  return series;
}

const MetricTable<LimiterSeries>& LimiterMetrics() { return kLimiterTable; }

}  // namespace loadline::agent
