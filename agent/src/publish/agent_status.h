// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/src/publish/ledger_server.h"
#include "agent/src/sampler/ledgers.h"
#include "agent/src/sampler/thread_sample.h"
#include "agent/src/selfwatch/own_cost.h"

namespace loadline::agent {

// What the agent says of itself.
struct AgentStatus {
  std::string version;
  OwnCost cost;
  int sessions = 0;
  Ledgers::Use ledgers{};
  LedgerServer::Stats ledger_requests{};
  std::uint64_t readings_ok = 0;
  std::uint64_t readings_failed = 0;
  double read_seconds = 0;
  std::vector<SourceLoss> losses;  // Of the agent; those of the source are the view's.
};

}  // namespace loadline::agent
