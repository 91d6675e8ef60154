// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/host_view.h"
#include "agent/src/model/registry.h"
#include "agent/src/publish/ledger_server.h"
#include "agent/src/publish/metric_row.h"
#include "agent/src/sampler/ledgers.h"
#include "agent/src/sampler/thread_sample.h"
#include "agent/src/selfwatch/own_cost.h"
#include "loadline/clock.h"

namespace loadline::agent {

// What the agent says of itself. Its fields and the rows that show them stand together, so that a
// metric of the agent is added here and where its value is known.
struct AgentStatus {
  std::string version;
  OwnCost cost;
  int sessions = 0;
  Ledgers::Use ledgers{};
  LedgerServer::Stats ledger_requests{};
  std::uint64_t readings_ok = 0;
  std::uint64_t readings_failed = 0;
  double read_seconds = 0;
  std::optional<Clock::Duration> reading_age;  // Of the newest reading of the host, if any.
  std::vector<SourceLoss> losses;              // Of the agent; those of the source are the view's.
};

// Everything of which metrics are made, at one moment.
struct Facts {
  HostView view;
  ServiceReports reports;
  AgentStatus status;
};

// What the rows of the agent are made from.
struct AgentFacts {
  const Facts& facts;
  const SeriesCap& series;                 // As far as this exposition has come.
  std::uint64_t series_dropped_total = 0;  // Known at the last turn.

  const HostView& view() const { return facts.view; }
  const AgentStatus& status() const { return facts.status; }
};

namespace agent_rows {

using enum MetricType;

constexpr std::array<std::string_view, LL_LEDGER_STATUS_COUNT> kLedgerStatusNames = {
#define LOADLINE_STATUS_NAME(name, text) text,
    LL_LEDGER_STATUSES(LOADLINE_STATUS_NAME)
#undef LOADLINE_STATUS_NAME
};

inline void EmitSource(const AgentFacts& agent, Samples& out) {
  if (!agent.view().source.empty()) {
    out.Add({agent.view().source}, 1);
  }
}

inline void EmitLost(const AgentFacts& agent, Samples& out) {
  for (const SourceLoss& loss : agent.view().losses) {
    out.Add({loss.what}, loss.total);
  }
  for (const SourceLoss& loss : agent.status().losses) {
    out.Add({loss.what}, loss.total);
  }
  out.Add({"reports"}, agent.facts.reports.lost);
}

inline void EmitDetail(const AgentFacts& agent, Samples& out) {
  const DetailView& detail = agent.view().detail;
  for (const Feature feature : kFeatures) {
    const std::string_view state = detail.is_dropped(feature)   ? "dropped"
                                   : detail.wanted.has(feature) ? "on"
                                                                : "off";
    out.Add({Name(feature), state}, 1);
  }
}

inline void EmitLedgersRefused(const AgentFacts& agent, Samples& out) {
  for (std::size_t cause = LL_LEDGER_GIVEN + 1; cause < kLedgerStatusNames.size(); ++cause) {
    out.Add({kLedgerStatusNames[cause]}, agent.status().ledger_requests.refused_total[cause]);
  }
}

inline constexpr auto kRows = std::to_array<MetricRow<AgentFacts>>({
    {.name = "loadline_agent_build_info",
     .type = kGauge,
     .labels = {"version"},
     .help = "Always 1.",
     .emit = [](const AgentFacts& agent, Samples& out) { out.Add({agent.status().version}, 1); }},
    {.name = "loadline_agent_source",
     .type = kGauge,
     .labels = {"source"},
     .help = "1 for the way in which the agent measures.",
     .emit = EmitSource},
    {.name = "loadline_agent_cannot_know",
     .type = kGauge,
     .labels = {"what"},
     .help = "1 for each thing that this way of measuring does not tell of any thread.",
     .emit =
         [](const AgentFacts& agent, Samples& out) {
           for (const std::string_view what : agent.view().cannot_know) {
             out.Add({what}, 1);
           }
         }},
    {.name = "loadline_agent_bpf_run_seconds_total",
     .type = kCounter,
     .help = "Time spent in the kernel probes, estimated from sampled runs.",
     .emit = [](const AgentFacts& agent,
                Samples& out) { out.Add(agent.view().probe_run_seconds); }},
    {.name = "loadline_agent_cpu_seconds_total",
     .type = kCounter,
     .help = "CPU time of the agent's own process.",
     .emit = [](const AgentFacts& agent,
                Samples& out) { out.Add(agent.status().cost.cpu_seconds); }},
    {.name = "loadline_agent_resident_bytes",
     .type = kGauge,
     .help = "Memory of the agent's own process.",
     .emit = [](const AgentFacts& agent,
                Samples& out) { out.Add(agent.status().cost.resident_bytes); }},
    {.name = "loadline_agent_lost_total",
     .type = kCounter,
     .labels = {"what"},
     .help = "What the agent could not see, keep or serve, by kind.",
     .emit = EmitLost},
    {.name = "loadline_agent_series_dropped_total",
     .type = kCounter,
     .help = "Pools folded into the pool other, and series left out at the cap.",
     .turn = Turn::kLast,
     .emit = [](const AgentFacts& agent, Samples& out) { out.Add(agent.series_dropped_total); }},
    {.name = "loadline_agent_series",
     .type = kGauge,
     .help = "Series of the last exposition.",
     .turn = Turn::kLast,  // And the last of all: it counts itself.
     .emit = [](const AgentFacts& agent, Samples& out) { out.Add(agent.series.series() + 1); }},
    {.name = "loadline_agent_read_seconds_total",
     .type = kCounter,
     .help = "Time spent reading and modelling the host.",
     .emit = [](const AgentFacts& agent, Samples& out) { out.Add(agent.status().read_seconds); }},
    {.name = "loadline_agent_reading_age_seconds",
     .type = kGauge,
     .help = "Age of the reading of the host that these metrics were made from.",
     .emit =
         [](const AgentFacts& agent, Samples& out) {
           if (agent.status().reading_age.has_value()) {
             out.Add(*agent.status().reading_age);
           }
         }},
    {.name = "loadline_agent_readings_total",
     .type = kCounter,
     .labels = {"outcome"},
     .help = "Readings of the host, ok or failed.",
     .emit =
         [](const AgentFacts& agent, Samples& out) {
           out.Add({"ok"}, agent.status().readings_ok);
           out.Add({"failed"}, agent.status().readings_failed);
         }},
    {.name = "loadline_agent_sessions",
     .type = kGauge,
     .help = "Processes registered now.",
     .emit = [](const AgentFacts& agent, Samples& out) { out.Add(agent.status().sessions); }},
    {.name = "loadline_agent_detail",
     .type = kGauge,
     .labels = {"feature", "state"},
     .help = "1 for the state of each feature: on, off by configuration, or dropped since it would "
             "cost more than the budget.",
     .emit = EmitDetail},
    {.name = "loadline_agent_over_budget",
     .type = kGauge,
     .labels = {"of"},
     .help = "1 while the agent's own process, or its probes, use more CPU than budget_cpu allows.",
     .emit =
         [](const AgentFacts& agent, Samples& out) {
           out.Add({"agent"}, agent.view().detail.agent_over_budget);
           out.Add({"probes"}, agent.view().detail.probes_over_budget);
         }},
    {.name = "loadline_agent_ledgers",
     .type = kGauge,
     .help = "Processes that map their threads' counters now.",
     .emit = [](const AgentFacts& agent,
                Samples& out) { out.Add(agent.status().ledgers.processes); }},
    {.name = "loadline_agent_ledger_bytes",
     .type = kGauge,
     .help = "Kernel memory of those counters.",
     .emit = [](const AgentFacts& agent, Samples& out) { out.Add(agent.status().ledgers.bytes); }},
    {.name = "loadline_agent_ledgers_given_total",
     .type = kCounter,
     .labels = {"kind"},
     .help = "Ledgers handed out: first of a process, or larger in place of one that it outgrew.",
     .emit =
         [](const AgentFacts& agent, Samples& out) {
           out.Add({"first"}, agent.status().ledger_requests.given_total);
           out.Add({"larger"}, agent.status().ledger_requests.replaced_total);
         }},
    {.name = "loadline_agent_ledgers_refused_total",
     .type = kCounter,
     .labels = {"cause"},
     .help = "Processes that asked for a ledger and got none, or lost it by executing another "
             "program (image).",
     .emit = EmitLedgersRefused},
});

}  // namespace agent_rows

inline constexpr MetricTable<AgentFacts> kAgentMetrics = {.rows = agent_rows::kRows,
                                                          .always = true};

}  // namespace loadline::agent
