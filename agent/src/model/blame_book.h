// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/cause.h"
#include "agent/src/sampler/wait_blame.h"

namespace loadline::agent {

// What the waits of one pool on words without a holder turned out to be, by who ended them: rest,
// a hand-over from threads that were kept themselves, or one at a time behind a running member.
//
// One way is not enough: where the pool wakes its waker less than half as often as it is woken by
// it, it gets work from there (or room, a bounded queue looks the same from both ends).
//
// Thread safety: none.
class BlameBook {
 public:
  // Each time of watching fades those before it: three or four are remembered.
  static constexpr double kDecay = 0.5;
  static constexpr double kSecondsMin = 0.001;  // Of blamed waits: less says nothing.
  static constexpr double kWakesBackMin = 0.5;

  struct Share {
    Cause cause = Cause::kUnknown;
    std::string culprit;
    double share = 0;
  };

  struct Waker {
    bool same_pool = false;
    bool same_process = false;
    std::string_view name = {};  // Of its pool.
    double wakes = 0;            // By it of us; and by us of it.
    double wakes_back = 0;
    std::string_view waits_for = {};  // The peer that it waits for most; may be empty.
  };

  // Begins what was watched since the reading before: what is remembered fades.
  void Fade();
  void Add(const WaitBlame& blame, const Waker& waker);

  bool known() const { return sum_ >= kSecondsMin; }
  double rest() const { return known() ? rest_ / sum_ : 0; }
  // Of all, beside rest. What is left to 1 is not known.
  std::vector<Share> Lost() const;

 private:
  void AddTo(Cause cause, std::string culprit, double seconds);

  double sum_ = 0;
  double rest_ = 0;
  std::vector<Share> lost_;  // In seconds.
};

}  // namespace loadline::agent
