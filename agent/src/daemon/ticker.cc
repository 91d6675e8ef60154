// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/ticker.h"

#include <utility>

#include "absl/time/time.h"

namespace loadline::agent {

Ticker::Ticker(const Clock& clock, std::function<Clock::Duration()> tick)
    : clock_(clock), tick_(std::move(tick)), thread_([this] { Run(); }) {}

Ticker::~Ticker() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  thread_.join();
}

void Ticker::Run() {
  Clock::Duration rest{};
  do {
    const Clock::Time began_at = clock_.Now();
    const Clock::Duration interval = tick_();
    rest = interval - (clock_.Now() - began_at);
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&stopped_), absl::FromChrono(rest));
    if (stopped_) {
      return;
    }
  } while (true);
}

}  // namespace loadline::agent
