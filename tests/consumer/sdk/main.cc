// SPDX-License-Identifier: Apache-2.0
// A stranger's service on loadline::sdk alone: works, and says which signals it has.
#include <loadline/control_thread.h>
#include <loadline/limiter.h>
#include <loadline/thread_pool.h>

#include <chrono>
#include <iostream>
#include <thread>

int main() {
  auto pool = loadline::ThreadPool::Create({.name = "worker"});
  auto limiter = loadline::Limiter::Create(
      {.name = "requests", .mode = loadline::Mode::kEnforce, .pool = "worker"});
  auto control = loadline::ControlThread::Start();
  if (!pool.ok() || !limiter.ok() || !control.ok()) {
    return 1;
  }
  const auto pool_attached = (*control)->Attach(**pool);
  const auto limiter_attached = (*control)->Attach(**limiter);
  int accepted = 0;
  for (int i = 0; i < 100; ++i) {
    accepted += (*pool)->Submit([&] {
      if (std::optional<loadline::Permit> permit = (*limiter)->TryAcquire()) {
        permit->Finish(loadline::Outcome::kSuccess);
      }
    }) == loadline::Submitted::kAccepted;
  }
  const loadline::Clock& clock = loadline::SteadyClock::Get();
  const loadline::Clock::Time give_up_at = clock.Now() + std::chrono::seconds{5};
  loadline::SignalStep step{};
  do {
    std::this_thread::yield();
    step = (*limiter)->Stats().signal.step;
  } while (step != loadline::SignalStep::kSchedstat && clock.Now() < give_up_at);
  (*pool)->Shutdown(loadline::Drain::kFinishQueued);
  std::cout << "accepted " << accepted << ", admitted " << (*limiter)->Stats().admitted_total
            << ", signals from " << loadline::Name(step) << '\n';
  return 0;
}
