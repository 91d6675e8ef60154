// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "admission.h"
#include "loadline/control/burst_queue.h"
#include "loadline/control/control_law.h"
#include "loadline/control/shedder.h"
#include "loadline/control/tenant_shares.h"
#include "loadline/sim/scenario.h"
#include "request.h"

namespace loadline::sim {

// What stands in front of the limit: the shedder, where requests differ in importance, and the
// queue of those who may wait for a place. Holds the requests that control::BurstQueue decides on.
//
// One queue per level, first in first out, best level first. A newcomer who may not wait takes the
// place of the oldest of a worse level.
class Front {
 public:
  Front(const Scenario& scenario, bool queue, std::uint64_t seed);

  enum class Verdict : std::uint8_t { kEnter, kWait, kRefuse };
  struct Answer {
    Verdict verdict = Verdict::kRefuse;
    std::uint32_t instead = kNone;  // Was waiting, and is refused in this one's favour.
  };

  // A request arrives; kEnter: a place of `admission` is taken.
  Answer Arrive(Requests& requests, std::uint32_t index, int attempt, Admission& admission, Ns now);

  // Who is next, now that a place may be free: kEnter (its place is taken), kRefuse (it waited too
  // long) or, with `request` kNone, nobody. Ask again until kNone.
  struct Next {
    std::uint32_t request = kNone;
    Verdict verdict = Verdict::kRefuse;
  };
  Next Leave(Requests& requests, Admission& admission, Ns now);

  void OnTick(const control::Window& window, const control::ControlLaw* law, Ns now);

  int waiting() const { return waiting_; }

  // What a refusal tells its caller; negative: do not try again.
  Clock::Duration RetryAfter() const;

 private:
  bool Sheds(const Request& request, int attempt);
  bool Full(const Admission& admission) const {
    return admission.in_flight() >= static_cast<int>(admission.limit());
  }
  void Note(const Admission& admission, Ns now);
  RequestFifo* WorseThan(std::uint8_t level);

  const Scenario& scenario_;
  const Clock::Duration deadline_;
  std::optional<control::BurstQueue> burst_;
  std::optional<control::Shedder> shedder_;
  control::TenantShares shares_;
  std::array<RequestFifo, kLevelsMax> queues_;
  int waiting_ = 0;
  bool limited_ = false;  // The limit was reached since the tick before.
  Ns sojourn_ = 0;        // Of who left last, since the tick before.
  double no_load_s_ = 0;
};

}  // namespace loadline::sim
