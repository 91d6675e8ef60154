// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "agent/src/sampler/detail.h"
#include "loadline/clock.h"

namespace loadline::agent {

// Decides how much detail is measured, so that measuring stays within its share of the CPUs.
//
//     window closes, over budget    give up the next Feature, in the order of the enum
//     below 0.7 of it for `quiet`   take up the one that was given up last
//     else                          as it was
//
// Over is: the agent's process uses more than the share of one CPU, or the probes more than the
// share of all CPUs. A Feature that had to be given up again soon after it was taken up stays away
// for twice as long as before, up to `quiet_max`: else the two would take turns for ever.
//
// Pure arithmetic on what it is told. Thread safety: none.
class OverheadBudget {
 public:
  struct Options {
    double share_max = 0.01;  // 0: no budget.
    int cpus = 1;
    Detail wanted = {};                                 // Never more than this.
    Clock::Duration window = std::chrono::seconds{10};  // > 0.
    Clock::Duration quiet = std::chrono::seconds{60};
    Clock::Duration quiet_max = std::chrono::minutes{16};
  };
  // Totals since some start.
  struct Use {
    Clock::Time at;
    double agent_seconds = 0;
    double probe_seconds = 0;
  };
  // Below this part of the budget there is room for more. What a feature costs is not known before
  // it is back; each is less than a third.
  static constexpr double kRoomBelow = 0.7;

  explicit OverheadBudget(const Options& options)
      : options_(options), detail_(options.wanted), quiet_needed_(options.quiet) {}

  // To be called often; returns what is to be measured from now on.
  const Detail& Update(const Use& use);

  const Detail& detail() const { return detail_; }
  bool is_dropped(Feature feature) const {
    return options_.wanted.has(feature) && !detail_.has(feature);
  }

  // In the last window that closed.
  bool agent_over() const { return agent_share_ > limit(); }
  bool probes_over() const { return probe_share_ > limit(); }
  double agent_share() const { return agent_share_; }  // Of one CPU.
  double probe_share() const { return probe_share_; }  // Of all CPUs.

 private:
  double limit() const;
  void Judge(Clock::Duration passed, Clock::Time now);
  void GiveUp(Clock::Time now);
  void TakeUp(Clock::Time now);

  const Options options_;
  Detail detail_;
  std::optional<Use> opened_;
  double agent_share_ = 0;
  double probe_share_ = 0;
  Clock::Duration quiet_for_{};
  Clock::Duration quiet_needed_;
  std::optional<Clock::Time> taken_up_at_;
};

}  // namespace loadline::agent
