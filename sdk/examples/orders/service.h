// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "loadline/agent_client.h"
#include "loadline/control_thread.h"
#include "loadline/limiter.h"
#include "loadline/thread_pool.h"
#include "sdk/examples/orders/cpu_work.h"
#include "sdk/examples/orders/options.h"
#include "sdk/examples/orders/stock.h"

namespace loadline::examples {

// GET /price/<id>   1 ms of CPU time
// GET /order/<id>   half of that, and one call to the dependency
// GET /-/stats      where pool and limits stand, as JSON
//
// With an agent that measures by bpf, each answer says where its time went, in a Server-Timing
// header.
class OrdersService {
 public:
  static absl::StatusOr<std::unique_ptr<OrdersService>> Create(const OrdersOptions& options);

  void Bind(httplib::Server& server);
  void Cancel() { stock_->Cancel(); }

 private:
  using Work = std::function<bool(const std::string& id)>;  // False: it failed.

  OrdersService() = default;
  absl::Status AddLimiters(const OrdersOptions& options);
  void Route(httplib::Server& server, const std::string& endpoint, Limiter* limiter,
             const Work& work);

  // Pool and limiters are declared before what uses them, so they are destroyed after it.
  std::unique_ptr<Stock> stock_;
  const CpuWork cpu_{SteadyClock::Get()};
  std::unique_ptr<WaitLedger> ledger_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Limiter> price_;  // Null in mode fixed.
  std::unique_ptr<Limiter> order_;
  std::unique_ptr<AgentClient> agent_;
  std::unique_ptr<ControlThread> control_;
  std::vector<Attachment> attached_;
};

}  // namespace loadline::examples
