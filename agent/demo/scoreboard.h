// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <vector>

#include "agent/demo/figures.h"
#include "agent/demo/sample.h"
#include "agent/demo/scenario.h"
#include "loadline/clock.h"

namespace loadline::demo {

// A served request is good if it took no longer.
inline constexpr Clock::Duration kObjective = std::chrono::milliseconds{250};

bool IsGood(const Sample& sample);

// Turns the samples of one run into its figures. Pure: time arrives in samples and phases.
//
// A request belongs to the phase in which it was due, whenever it ended. Keeps every sample: some
// 10,000 in a run of 45 s.
//
// Thread safety: none.
class Scoreboard {
 public:
  // Ends the phase before. In order of time.
  void BeginPhase(PhaseKind kind, Clock::Time at);
  void EndRun(Clock::Time at);

  // In any order, also after EndRun(): stragglers.
  void Add(const Sample& sample) { samples_.push_back(sample); }

  // All but the warm-up.
  std::vector<PhaseFigures> Phases() const;

  // Goodput second by second, from the beginning of the steady phase to the end of the run; what is
  // left over of a second at the end is not shown.
  std::vector<SecondFigures> Timeline() const;

  // The first moment from which, for a whole second, each endpoint's goodput is at least 95 % of
  // what it was in the steady phase.
  struct Recovery {
    double seconds = 0;
    bool recovered = false;
  };
  Recovery FindRecovery() const;

 private:
  struct Span {
    PhaseKind kind = PhaseKind::kWarmup;
    Clock::Time begin;
    Clock::Time end;
  };

  PhaseFigures Judge(const Span& span) const;
  std::vector<Clock::Time> GoodDueTimes(Endpoint endpoint) const;
  const Span* Find(PhaseKind kind) const;

  std::vector<Span> spans_;
  std::vector<Sample> samples_;
};

}  // namespace loadline::demo
