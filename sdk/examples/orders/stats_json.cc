// SPDX-License-Identifier: Apache-2.0
#include "sdk/examples/orders/stats_json.h"

#include <chrono>
#include <nlohmann/json.hpp>

namespace loadline::examples {
namespace {

using Json = nlohmann::ordered_json;

Json SignalJson(const SignalState& signal) {
  Json json = {{"step", Name(signal.step)}, {"age_seconds", nullptr}};
  if (signal.age != Clock::Duration::max()) {
    json["age_seconds"] = Seconds(signal.age);
  }
  return json;
}

Json PoolJson(const ThreadPoolStats& stats) {
  return {{"threads", stats.threads},
          {"active", stats.threads_active},
          {"parked", stats.threads_parked},
          {"queued", stats.queued},
          {"target", stats.target.threads},
          {"reason", control::Name(stats.target.reason)},
          {"bottleneck", control::Name(stats.target.bottleneck)},
          {"completed_total", stats.completed_total},
          {"refused_total", stats.refused_total},
          {"signal", SignalJson(stats.signal)}};
}

Json LimiterJson(const LimiterStats& stats) {
  Json rejected = Json::object(), changes = Json::object();
  for (std::size_t i = 0; i < control::kReasonNames.size(); ++i) {
    const std::string reason(control::kReasonNames[i]);
    if (stats.rejected_total[i] != 0) {
      rejected[reason] = stats.rejected_total[i];
    }
    if (stats.limit_changes_total[i] != 0) {
      changes[reason] = stats.limit_changes_total[i];
    }
  }
  return {{"mode", Name(stats.mode)},
          {"law", stats.law},
          {"limit", stats.decision.limit},
          {"in_flight", stats.in_flight},
          {"reason", control::Name(stats.decision.reason)},
          {"bottleneck", control::Name(stats.decision.bottleneck)},
          {"admitted_total", stats.admitted_total},
          {"rejected_total", rejected},
          {"limit_changes_total", changes},
          {"signal", SignalJson(stats.signal)}};
}

}  // namespace

std::string StatsJson(const ThreadPool& pool, const std::vector<const Limiter*>& limiters,
                      const AgentClient& agent, const WaitLedger& ledger) {
  const AgentConnection connection = agent.connection();
  Json json = {{"pool", PoolJson(pool.Stats())},
               {"limiters", Json::object()},
               {"agent", {{"connected", connection.connected}, {"error", connection.error}}},
               {"ledger", Name(ledger.state())}};
  for (const Limiter* limiter : limiters) {
    if (limiter != nullptr) {
      json["limiters"][limiter->name()] = LimiterJson(limiter->Stats());
    }
  }
  return json.dump(1) + "\n";
}

}  // namespace loadline::examples
