// SPDX-License-Identifier: Apache-2.0
// A stranger's service with the agent's client, on a host without an agent: works, and says what it
// lost.
#include <loadline/agent_client.h>
#include <loadline/control_thread.h>
#include <loadline/limiter.h>
#include <loadline/thread_pool.h>

#include <chrono>
#include <iostream>
#include <thread>

int main() {
  auto client = loadline::AgentClient::Start({.service = "stranger"});
  auto pool = loadline::ThreadPool::Create({.name = "worker"});
  auto limiter = loadline::Limiter::Create({.name = "requests", .pool = "worker"});
  if (!client.ok() || !pool.ok() || !limiter.ok()) {
    return 1;
  }
  auto control = loadline::ControlThread::Start({.stream = client->get()});
  const auto pool_attached = (*control)->Attach(**pool);
  const auto limiter_attached = (*control)->Attach(**limiter);
  const loadline::Clock& clock = loadline::SteadyClock::Get();
  const loadline::Clock::Time give_up_at = clock.Now() + std::chrono::seconds{5};
  while ((*pool)->Stats().signal.step != loadline::SignalStep::kSchedstat &&
         clock.Now() < give_up_at) {
    std::this_thread::yield();
  }
  const bool admitted = (*limiter)->TryAcquire().has_value();
  std::cout << "admitted " << admitted << ", signals from "
            << loadline::Name((*pool)->Stats().signal.step) << ": " << (*client)->connection().error
            << '\n';
  return 0;
}
