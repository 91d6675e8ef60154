// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "agent/cli/deep/wait_text.h"
#include "agent/cli/deep/wait_words.h"

namespace loadline::cli {
namespace {

using Json = nlohmann::ordered_json;

Json PoolJson(const agent::WaitPool& pool) {
  return {{"pid", pool.tgid}, {"process", Plain(pool.process)}, {"pool", Plain(pool.name)}};
}

Json WakerJson(const std::optional<agent::WaitPool>& waker) {
  return waker ? PoolJson(*waker) : Json(kInterrupt);
}

Json EdgeJson(const agent::WaitEdge& edge) {
  return {{"woken", PoolJson(edge.woken)},
          {"reason", Name(edge.reason)},
          {"waker", WakerJson(edge.waker)},
          {"waker_reason", edge.waker_reason ? Json(Name(*edge.waker_reason)) : Json(nullptr)},
          {"waits", edge.waits},
          {"seconds", Seconds(edge.waited)},
          {"max_seconds", Seconds(edge.longest)},
          {"waker_waited_seconds", Seconds(edge.waker_waited)},
          {"target", Plain(edge.target)}};
}

Json StepsJson(const std::vector<agent::WaitStep>& steps) {
  Json out = Json::array();
  for (const agent::WaitStep& step : steps) {
    out.push_back({{"reason", Name(step.reason)},
                   {"waker", WakerJson(step.waker)},
                   {"target", Plain(step.target)},
                   {"seconds", Seconds(step.waited)},
                   {"share", step.share},
                   {"loop", step.is_loop},
                   {"causes", StepsJson(step.causes)}});
  }
  return out;
}

}  // namespace

std::string WaitJson(const WaitReport& report) {
  const agent::WaitReading& reading = report.reading;
  Json out = {{"seconds", Seconds(reading.lasted)},
              {"stop", StopName(reading.stop)},
              {"probe_cpu_percent", report.cpu_percent},
              {"budget_cpu_percent", report.budget_percent},
              {"lost_wait_seconds", Seconds(reading.lost_wait)},
              {"lost", Json::object()},
              {"chains", Json::array()},
              {"edges", Json::array()}};
  for (const agent::SourceLoss& loss : reading.losses) {
    out["lost"][loss.what] = loss.total;
  }
  for (const agent::WaitChain& chain : report.chains) {
    Json pool = PoolJson(chain.pool);
    pool["seconds"] = Seconds(chain.waited);
    pool["steps"] = StepsJson(chain.steps);
    out["chains"].push_back(std::move(pool));
  }
  for (const agent::WaitEdge& edge : reading.edges) {
    out["edges"].push_back(EdgeJson(edge));
  }
  return out.dump(2) + "\n";
}

}  // namespace loadline::cli
