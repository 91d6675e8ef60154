// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "event_queue.h"
#include "loadline/sim/scenario.h"
#include "request.h"

namespace loadline::sim {

// A dependency: so many servers, and a queue in front of them that the caller cannot tell from
// work.
class CallQueue {
 public:
  CallQueue(const Dependency& dependency, std::uint8_t index, EventQueue& events,
            Requests& requests)
      : dependency_(dependency),
        index_(index),
        bounded_(dependency.servers.Max() > 0),
        events_(events),
        requests_(requests) {}

  void Start() {
    for (Ns at = dependency_.servers.StepAt(0).until; at != kNever;
         at = dependency_.servers.StepAt(at).until) {
      events_.Push(at, EventKind::kServers, index_);
    }
  }

  // A call of Request::call long. `luck`, in (0, 1), says whether it fails or hangs.
  void Call(std::uint32_t request, double luck, Ns now) {
    Request& r = requests_[request];
    const double failing = dependency_.failing.At(now);
    const double hanging = dependency_.hanging.At(now);
    r.call = static_cast<Ns>(static_cast<double>(r.call) * dependency_.scale.At(now));
    r.failed = luck < failing;
    if (r.failed) {
      r.call = kFailsAfter;
    }
    if (dependency_.timeout > 0) {
      events_.Push(now + dependency_.timeout, EventKind::kCallTimeout, request, r.generation);
    }
    if (!r.failed && luck < failing + hanging) {
      return;
    }
    if (bounded_ && in_service_ >= Servers(now)) {
      r.waits_for_server = true;
      queue_.Push(requests_, request);
      return;
    }
    Serve(request, now);
  }

  void OnDone(Ns now) {
    --in_service_;
    OnServers(now);
  }

  void OnServers(Ns now) {
    while (bounded_ && !queue_.empty() && in_service_ < Servers(now)) {
      const std::uint32_t request = queue_.Pop(requests_);
      requests_[request].waits_for_server = false;
      if (requests_[request].step == Request::Step::kGone) {
        requests_.Release(request);  // It timed out; nobody waits for the answer.
      } else {
        Serve(request, now);
      }
    }
  }

 private:
  static constexpr Ns kFailsAfter = kMillisecond;  // A refused connection.

  int Servers(Ns now) const { return static_cast<int>(std::floor(dependency_.servers.At(now))); }

  void Serve(std::uint32_t request, Ns now) {
    ++in_service_;
    events_.Push(now + requests_[request].call, EventKind::kCallDone, request,
                 requests_[request].generation, index_);
  }

  const Dependency& dependency_;
  const std::uint8_t index_;
  const bool bounded_;
  EventQueue& events_;
  Requests& requests_;
  RequestFifo queue_;
  int in_service_ = 0;
};

}  // namespace loadline::sim
