// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "loadline/sim/recording.h"
#include "loadline/sim/scenario.h"
#include "request.h"

namespace loadline::sim {

// Who a request is, for the books.
struct Identity {
  Ns arrived_at = 0;  // When the client first asked.
  std::uint16_t phases = 0;
  std::uint8_t level = 0;
  std::uint8_t tenant = 0;
};

// Writes a Recording while the world runs.
class Recorder {
 public:
  Recorder(const Scenario& scenario, bool series);

  // The phases that a request arriving now belongs to. Times must not decrease.
  std::uint16_t PhasesAt(Ns now) {
    if (now >= phases_until_) {
      FindPhases(now);
    }
    return phases_now_;
  }

  void Offered(const Identity& who);
  void Good(const Identity& who);
  void Refused(const Identity& who);  // For good: the client does not try again.

  // An attempt, by its level, at the limit.
  void Admitted(const Identity& who, Ns now);
  void TurnedAway(const Identity& who, Ns now);
  void Finished(const Identity& who, Ns sent_at, Ns now);

  void Add(const Recording::Tick& tick) { recording_.ticks.push_back(tick); }
  Recording& recording() { return recording_; }

 private:
  void FindPhases(Ns now);
  Recording::Bin& BinOf(const Identity& who);
  template <typename Change>
  void ForEachPhase(const Identity& who, Change change) {
    for (unsigned left = who.phases; left != 0; left &= left - 1) {
      change(recording_.phases[static_cast<std::size_t>(std::countr_zero(left))]);
    }
  }

  const Scenario& scenario_;
  const bool series_;
  Recording recording_;
  std::uint16_t phases_now_ = 0;
  Ns phases_until_ = 0;
  std::array<Ns, kLevelsMax> admitted_at_;  // The last of each level.
  std::array<Ns, kLevelsMax> refused_at_;
};

}  // namespace loadline::sim
