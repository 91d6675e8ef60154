// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "loadline/agent_client.h"
#include "loadline/limiter.h"
#include "loadline/thread_pool.h"

namespace loadline::examples {

// Where all of them stand, as one JSON object. Limiters that are null are left out.
std::string StatsJson(const ThreadPool& pool, const std::vector<const Limiter*>& limiters,
                      const AgentClient& agent, const WaitLedger& ledger);

}  // namespace loadline::examples
