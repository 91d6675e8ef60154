// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/demo/sample.h"
#include "agent/demo/scenario.h"

namespace loadline::demo {

// What became of the requests of one endpoint that were due in one phase.
// offered = good + late + refused + failed.
struct EndpointFigures {
  std::int64_t offered = 0;
  std::int64_t good = 0;  // Served within the objective.
  std::int64_t late = 0;  // Served, but later.
  std::int64_t refused = 0;
  std::int64_t failed = 0;
  // Until the client had any answer or gave up; a refusal counts with the time that it took.
  double p50_ms = 0;
  double p99_ms = 0;

  // Of what was offered; 1 when nothing was.
  double good_share() const {
    return offered == 0 ? 1.0 : static_cast<double>(good) / static_cast<double>(offered);
  }
};

struct PhaseFigures {
  PhaseKind kind = PhaseKind::kSteady;
  double seconds = 0;
  EndpointFigures independent;
  EndpointFigures dependent;

  const EndpointFigures& of(Endpoint endpoint) const {
    return endpoint == Endpoint::kIndependent ? independent : dependent;
  }
  EndpointFigures& of(Endpoint endpoint) {
    return endpoint == Endpoint::kIndependent ? independent : dependent;
  }
};

// One second of a run: requests that were due in it and were served within the objective.
struct SecondFigures {
  double at_seconds = 0;  // Its beginning, since the steady phase began.
  double independent_good_per_second = 0;
  double dependent_good_per_second = 0;
};

// What the agent saw of the service's pool when most of its threads waited, in the slow phase.
struct PoolFigures {
  std::string pool;
  int threads_peak = 0;  // Over the whole run.
  int threads = 0;       // The rest: at that moment.
  int waiting = 0;
  int idle = 0;
  std::string reason;  // That most of the waiting threads had; empty: none was waiting.
  int reason_threads = 0;
  std::string peer;  // That most of them waited for; may be empty.
  int peer_threads = 0;
};

struct RunFigures {
  RunMode mode = RunMode::kFixed;
  // From the dependency's recovery until goodput of both endpoints is back at 95 % of steady; the
  // length of the recovery phase where `recovered` is false.
  double recovery_seconds = 0;
  bool recovered = false;
  double client_lag_p99_ms = 0;  // How late the load generator itself was.
  std::vector<PhaseFigures> phases;
  std::vector<SecondFigures> timeline;
  PoolFigures pool;
};

}  // namespace loadline::demo
