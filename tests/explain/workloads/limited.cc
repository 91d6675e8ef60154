// SPDX-License-Identifier: Apache-2.0
// A service with the SDK and a pool of fixed size.
//
//     limited off|shadow THREADS PORT    tasks ask a peer, and come faster than they end in its
//     state; a limiter is there
//                                        and decides nothing
//     limited nested THREADS             in its state each task submits one to the same pool, and
//     waits for it
//
// LOADLINE_SOCKET is the agent's.
#include <future>
#include <memory>
#include <string_view>

#include "held.h"
#include "loadline/agent_client.h"
#include "loadline/control_thread.h"
#include "loadline/limiter.h"
#include "loadline/thread_pool.h"

namespace {

using std::chrono_literals::operator""ms;

std::unique_ptr<loadline::ThreadPool> pool;
std::unique_ptr<loadline::Limiter> limiter;

void AskPeer(int port) {
  std::optional<loadline::Permit> permit = limiter->TryAcquire();
  held::Ask(port);
  if (permit) {
    permit->Finish(loadline::Outcome::kSuccess);
  }
}

void WaitForAnother() {
  if (!held::trouble) {
    return;
  }
  auto done = std::make_shared<std::promise<void>>();
  if (pool->Submit([done] { done->set_value(); }) == loadline::Submitted::kAccepted) {
    done->get_future().wait();
  }
}

}  // namespace

int main(int argc, char** argv) {
  held::Check(argc > 2, "usage: see limited.cc");
  const std::string_view kind = argv[1];
  const int threads = std::atoi(argv[2]);
  const int port = argc > 3 ? std::atoi(argv[3]) : 0;
  const bool nested = kind == "nested";
  auto client = *loadline::AgentClient::Start({.service = "limited"});
  pool = *loadline::ThreadPool::Create({.name = "request",
                                        .sizing = loadline::Sizing::kFixed,
                                        .threads_initial = threads,
                                        .threads_max = threads});
  limiter = *loadline::Limiter::Create(
      {.name = "requests",
       .mode = kind == "off" ? loadline::Mode::kOff : loadline::Mode::kShadow,
       .pool = "request"});
  auto control = *loadline::ControlThread::Start({.stream = client.get()});
  const auto pool_attached = control->Attach(*pool);
  const auto limiter_attached = control->Attach(*limiter);
  held::Start("acceptor", [=] {
    // All workers at once, so that no worker is left for what they submit.
    for (int i = 0; i < (nested ? threads : 1); ++i) {
      static_cast<void>(
          pool->Submit(nested ? WaitForAnother : std::function<void()>([=] { AskPeer(port); })));
    }
    held::Pause(nested ? 200ms : 50ms);
  });
  held::Live();
}
