// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "agent/demo/report.h"

namespace loadline::demo {
namespace {

// Keys in the order in which they are written, so that people find the figure they look for.
using Json = nlohmann::ordered_json;

Json ToJson(const EndpointFigures& figures) {
  return {{"offered", figures.offered}, {"good", figures.good},
          {"late", figures.late},       {"refused", figures.refused},
          {"failed", figures.failed},   {"good_share", figures.good_share()},
          {"p50_ms", figures.p50_ms},   {"p99_ms", figures.p99_ms}};
}

Json ToJson(const PhaseFigures& phase) {
  return {{"name", Name(phase.kind)},
          {"seconds", phase.seconds},
          {"independent", ToJson(phase.independent)},
          {"dependent", ToJson(phase.dependent)}};
}

Json ToJson(const SecondFigures& second) {
  return {{"at_seconds", second.at_seconds},
          {"independent_good_per_second", second.independent_good_per_second},
          {"dependent_good_per_second", second.dependent_good_per_second}};
}

Json ToJson(const PoolFigures& pool) {
  return {{"name", pool.pool},
          {"threads_peak", pool.threads_peak},
          {"threads", pool.threads},
          {"waiting", pool.waiting},
          {"idle", pool.idle},
          {"reason", pool.reason},
          {"reason_threads", pool.reason_threads},
          {"peer", pool.peer},
          {"peer_threads", pool.peer_threads}};
}

Json ToJson(const RunFigures& run) {
  Json phases = Json::array();
  for (const PhaseFigures& phase : run.phases) {
    phases.push_back(ToJson(phase));
  }
  Json timeline = Json::array();
  for (const SecondFigures& second : run.timeline) {
    timeline.push_back(ToJson(second));
  }
  return {{"mode", Name(run.mode)},     {"recovery_seconds", run.recovery_seconds},
          {"recovered", run.recovered}, {"client_lag_p99_ms", run.client_lag_p99_ms},
          {"pool", ToJson(run.pool)},   {"phases", phases},
          {"timeline", timeline}};
}

}  // namespace

std::string RenderJson(const std::vector<RunFigures>& runs) {
  Json all = Json::array();
  for (const RunFigures& run : runs) {
    all.push_back(ToJson(run));
  }
  // A pool's name comes from the outside and may be no UTF-8: replaced, not thrown at us.
  return Json{{"runs", all}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace loadline::demo
