// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/exposition.h"

#include <array>
#include <sstream>
#include <string_view>

#include "agent/src/publish/families.h"
#include "agent/src/publish/pool_metrics.h"
#include "agent/src/publish/service_metrics.h"
#include "prometheus/text_serializer.h"

namespace loadline::agent {
namespace {

constexpr std::array<std::string_view, LL_LEDGER_STATUS_COUNT> kLedgerStatusNames = {
#define LOADLINE_STATUS_NAME(name, text) text,
    LL_LEDGER_STATUSES(LOADLINE_STATUS_NAME)
#undef LOADLINE_STATUS_NAME
};

void AddLedgerMetrics(const AgentStatus& status, Families& families) {
  const auto add = [&](MetricId id, std::initializer_list<std::string_view> labels, auto value) {
    families.AddAlways(id, labels, static_cast<double>(value));
  };
  add(MetricId::kAgentLedgers, {}, status.ledgers.processes);
  add(MetricId::kAgentLedgerBytes, {}, status.ledgers.bytes);
  add(MetricId::kAgentLedgersGiven, {"first"}, status.ledger_requests.given_total);
  add(MetricId::kAgentLedgersGiven, {"larger"}, status.ledger_requests.replaced_total);
  for (std::size_t cause = LL_LEDGER_GIVEN + 1; cause < kLedgerStatusNames.size(); ++cause) {
    add(MetricId::kAgentLedgersRefused, {kLedgerStatusNames[cause]},
        status.ledger_requests.refused_total[cause]);
  }
}

void AddAgentMetrics(const Facts& facts, Families& families) {
  const AgentStatus& status = facts.status;
  const auto add = [&](MetricId id, std::initializer_list<std::string_view> labels, auto value) {
    families.AddAlways(id, labels, static_cast<double>(value));
  };
  add(MetricId::kAgentBuildInfo, {status.version}, 1);
  if (!facts.view.source.empty()) {
    add(MetricId::kAgentSource, {facts.view.source}, 1);
  }
  for (const std::string_view what : facts.view.cannot_know) {
    add(MetricId::kAgentCannotKnow, {what}, 1);
  }
  add(MetricId::kAgentBpfRun, {}, facts.view.probe_run_seconds);
  add(MetricId::kAgentCpu, {}, status.cost.cpu_seconds);
  add(MetricId::kAgentResident, {}, status.cost.resident_bytes);
  for (const SourceLoss& loss : facts.view.losses) {
    add(MetricId::kAgentLost, {loss.what}, loss.total);
  }
  for (const SourceLoss& loss : status.losses) {
    add(MetricId::kAgentLost, {loss.what}, loss.total);
  }
  add(MetricId::kAgentLost, {"reports"}, facts.reports.lost);
  add(MetricId::kAgentReadSeconds, {}, status.read_seconds);
  add(MetricId::kAgentReadings, {"ok"}, status.readings_ok);
  add(MetricId::kAgentReadings, {"failed"}, status.readings_failed);
  add(MetricId::kAgentSessions, {}, status.sessions);
  const DetailView& detail = facts.view.detail;
  for (const Feature feature : kFeatures) {
    const std::string_view state = detail.is_dropped(feature)   ? "dropped"
                                   : detail.wanted.has(feature) ? "on"
                                                                : "off";
    add(MetricId::kAgentDetail, {Name(feature), state}, 1);
  }
  add(MetricId::kAgentOverBudget, {"agent"}, detail.agent_over_budget);
  add(MetricId::kAgentOverBudget, {"probes"}, detail.probes_over_budget);
  AddLedgerMetrics(status, families);
}

}  // namespace

std::vector<prometheus::MetricFamily> Exposition::Collect() const {
  const Facts facts = facts_();
  Families families(series_max_);
  AddAgentMetrics(facts, families);
  AddPoolMetrics(facts.view, families);
  AddServiceMetrics(facts.reports, families);  // Last: clients choose how many.
  absl::MutexLock lock(&mutex_);
  dropped_total_ += families.dropped();
  families.AddAlways(MetricId::kAgentSeriesDropped, {},
                     static_cast<double>(dropped_total_ + facts.view.series_folded_total));
  families.AddAlways(MetricId::kAgentSeries, {}, static_cast<double>(families.series() + 1));
  return families.Take();
}

std::string Exposition::Text() const {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, Collect());
  return std::move(text).str();
}

}  // namespace loadline::agent
