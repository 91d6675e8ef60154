// SPDX-License-Identifier: Apache-2.0
// The SDK in 15 lines: a pool that sizes itself and a limit that finds itself, with or without an
// agent on the host.
#include "loadline/agent_client.h"
#include "loadline/control_thread.h"
#include "loadline/limiter.h"
#include "loadline/thread_pool.h"

int main() {
  auto client = *loadline::AgentClient::Start({.service = "shop"});
  auto pool = *loadline::ThreadPool::Create({.name = "worker", .threads_max = 256});
  auto limiter = *loadline::Limiter::Create(
      {.name = "checkout", .mode = loadline::Mode::kEnforce, .pool = "worker"});
  auto control = *loadline::ControlThread::Start(
      {.stream = client.get(), .ledger = &loadline::WaitLedger::Process()});
  const auto pool_attached = control->Attach(*pool);
  const auto limiter_attached = control->Attach(*limiter);

  const auto submitted = pool->Submit([&] {
    if (std::optional<loadline::Permit> permit = limiter->TryAcquire()) {
      const bool ok = true;  // Handle the request here.
      permit->Finish(ok ? loadline::Outcome::kSuccess : loadline::Outcome::kDropped);
    }  // Else answer 503, before any other work.
  });
  pool->Shutdown(loadline::Drain::kFinishQueued);
  return submitted == loadline::Submitted::kAccepted && limiter->Stats().admitted_total == 1 ? 0
                                                                                             : 1;
}
