// SPDX-License-Identifier: Apache-2.0
#include "sdk/examples/orders/service.h"

#include <utility>

#include "sdk/examples/orders/pool_task_queue.h"
#include "sdk/examples/orders/server_timing.h"
#include "sdk/examples/orders/stats_json.h"

namespace loadline::examples {
namespace {

ThreadPoolOptions PoolOptions(const OrdersOptions& options) {
  const std::chrono::milliseconds deadline{options.deadline_ms};
  if (options.fixed) {
    return {.name = "worker",
            .sizing = Sizing::kFixed,
            .threads_min = 1,
            .threads_initial = options.threads,
            .threads_max = options.threads,
            .queue_max = 10'000,
            .task_deadline = deadline};
  }
  // From the start a thread for each request that the two limits admit, and some to refuse with.
  return {.name = "worker", .threads_initial = 50, .threads_max = 256, .task_deadline = deadline};
}

}  // namespace

absl::StatusOr<std::unique_ptr<OrdersService>> OrdersService::Create(const OrdersOptions& options) {
  std::unique_ptr<OrdersService> service(new OrdersService);
  service->stock_ = options.postgres.empty() ? MakeHttpStock(options.inventory)
                                             : MakePostgresStock(options.postgres);
  auto pool = ThreadPool::Create(PoolOptions(options));
  auto agent = AgentClient::Start({.service = "orders", .socket = options.agent_socket});
  service->ledger_ =
      std::make_unique<WaitLedger>(WaitLedgerOptions{.agent_socket = options.agent_socket});
  auto control = ControlThread::Start(
      {.stream = agent.ok() ? agent->get() : nullptr, .ledger = service->ledger_.get()});
  for (const absl::Status& status : {pool.status(), agent.status(), control.status()}) {
    if (!status.ok()) {
      return status;
    }
  }
  service->pool_ = *std::move(pool);
  service->agent_ = *std::move(agent);
  service->control_ = *std::move(control);
  service->attached_.push_back(service->control_->Attach(*service->pool_));
  if (!options.fixed) {
    if (absl::Status status = service->AddLimiters(options); !status.ok()) {
      return status;
    }
  }
  return service;
}

absl::Status OrdersService::AddLimiters(const OrdersOptions& options) {
  const auto add = [&](const std::string& name, std::unique_ptr<Limiter>& limiter) {
    auto created = Limiter::Create({.name = name,
                                    .mode = Mode::kEnforce,
                                    .deadline = std::chrono::milliseconds{options.deadline_ms},
                                    .pool = "worker",
                                    .ledger = ledger_.get()});
    if (!created.ok()) {
      return created.status();
    }
    limiter = *std::move(created);
    attached_.push_back(control_->Attach(*limiter));
    return absl::OkStatus();
  };
  const absl::Status price = add("price", price_);
  return price.ok() ? add("order", order_) : price;
}

void OrdersService::Route(httplib::Server& server, const std::string& endpoint, Limiter* limiter,
                          const Work& work) {
  server.Get("/" + endpoint + R"(/(\w+))", [=](const httplib::Request& request,
                                               httplib::Response& response) {
    std::optional<Permit> permit = limiter != nullptr ? limiter->TryAcquire() : std::nullopt;
    if (limiter != nullptr && !permit) {  // Before any other work.
      response.status = 503;
      response.set_header("Retry-After", "1");
      return;
    }
    const bool done = work(request.matches[1].str());
    response.status = done ? 200 : 502;
    if (permit) {
      if (const std::optional<WaitBreakdown> spent = permit->Breakdown()) {
        response.set_header("Server-Timing", ServerTiming(*spent));
      }
      permit->Finish(done ? Outcome::kSuccess : Outcome::kDropped);
    }
  });
}

void OrdersService::Bind(httplib::Server& server) {
  server.new_task_queue = [this] { return new PoolTaskQueue(*pool_); };
  server.set_keep_alive_max_count(1);
  server.set_tcp_nodelay(true);
  Route(server, "price", price_.get(), [this](const std::string& id) {
    return cpu_.Price(std::hash<std::string>()(id), std::chrono::microseconds{1000}) < 10'000;
  });
  Route(server, "order", order_.get(), [this](const std::string& id) {
    return cpu_.Price(std::hash<std::string>()(id), std::chrono::microseconds{500}) < 10'000 &&
           stock_->Reserve(id);
  });
  server.Get("/-/stats", [this](const httplib::Request&, httplib::Response& response) {
    response.set_content(StatsJson(*pool_, {price_.get(), order_.get()}, *agent_, *ledger_),
                         "application/json");
  });
}

}  // namespace loadline::examples
