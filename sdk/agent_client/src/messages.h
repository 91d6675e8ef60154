// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "loadline/limiter.h"
#include "loadline/thread_pool.h"
#include "loadline/v1/self.pb.h"
#include "sdk/agent_client/src/signal_totals.h"

namespace loadline {

// The SDK's types as messages, and back. Pure: one function per message.

v1::SessionRequest HelloMessage(const std::string& service);
v1::SessionRequest RegistrationMessage(const ThreadPool& pool, const std::vector<pid_t>& tids);
v1::SessionRequest ThreadChangeMessage(const std::string& pool, const std::vector<pid_t>& joined,
                                       const std::vector<pid_t>& left);
v1::SessionRequest LimiterMessage(const Limiter& limiter, const LimiterStats& stats);
v1::SessionRequest PoolReportMessage(const std::string& pool, const ThreadPoolStats& stats);

// A reason that this version does not know counts as kOther.
PoolTotals TotalsOf(const v1::PoolSignal& signal);

}  // namespace loadline
