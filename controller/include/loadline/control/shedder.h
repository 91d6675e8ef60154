// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "loadline/clock.h"
#include "loadline/control/option.h"
#include "loadline/control/priority.h"

namespace loadline::control {

// Options of a shedder.
struct ShedderOptions {
  double margin = 0.95;  // Of the capacity that may be offered to the limit.
  double gain = 0.05;    // Of the integral, per 100 ms.
  double integral_max = 0.2;
  double shed_max = 0.98;
  double seed = 1;

  static constexpr auto Specs() {
    using O = ShedderOptions;
    return std::to_array<OptionSpec<O>>({
        {"margin", &O::margin, 0.5, 2,
         "above it the limit refuses, and knows no levels: 0.97 and less keep inversions < 0.1 %"},
        {"gain", &O::gain, 0, 1, "half of an error is gone after a second"},
        {"integral_max", &O::integral_max, 0, 1, "the sum is never wrong by more than that"},
        {"shed_max", &O::shed_max, 0.1, 1,
         "some are let in, or nobody would learn of the recovery"},
        {"seed", &O::seed, 0, 1e15, "of the boundary level's dice: equal seeds give equal runs"},
    });
  }
};
static_assert(SpecsAreWhole<ShedderOptions>());

// Refuses the least important work first, and as much of it as is too much.
//
// A histogram of the levels of the last thousand offered requests says which level parts the share
// that can be served from the rest. Better levels pass, worse ones do not, and the level in between
// passes with the probability that is left over: so nothing is refused while something worse is let
// in.
//
//     phi = clamp(max(0, 1 - 0.95 capacity / offered) + I, 0, 0.98)
//     I  += 0.05 * (sojourn - standing bound) / standing bound per 100 ms, in [-0.2, 0.2]
//
// The first term is a plain sum and acts at once; the second corrects what it got wrong. The first
// sheds a little too much on purpose: what is refused by the limit behind it is refused without
// regard to levels.
//
// The price: within a tick of 100 ms the parting level is fixed, so a sudden change of the mix is
// followed a tick later.
//
// Thread safety: none. The owner serializes calls.
//
// Source: DAGOR (Zhou et al., SoCC 2018), with quantiles instead of a level that creeps.
class Shedder {
 public:
  struct Tick {
    Clock::Duration span{};
    double capacity = 0;        // Completions per second that the limit allows: limit / residence.
    double offered = 0;         // Arrivals per second.
    Clock::Duration sojourn{};  // Of who left the queue last; 0: nobody waited.
    Clock::Duration bound{};    // BurstQueue::Bound() of a standing queue.
    bool limited = false;       // The limit was reached in this tick.
  };

  static absl::StatusOr<Shedder> Create(const ShedderOptions& options = {});

  // Counts an offered request, and says whether it may go on to the limit.
  bool Offer(int level);

  void OnTick(const Tick& tick);

  double shed_fraction() const { return shed_; }
  int boundary() const { return boundary_; }  // kLevels: nothing is shed.

 private:
  static constexpr int kRemembered = 1000;

  explicit Shedder(const ShedderOptions& options);
  void PlaceBoundary();

  ShedderOptions options_;
  std::uint64_t random_;
  std::array<std::int16_t, kRemembered> recent_{};  // Levels, as a ring.
  std::array<int, kLevels> histogram_{};
  int next_ = 0;
  int filled_ = 0;
  double integral_ = 0;
  double shed_ = 0;
  int boundary_ = kLevels;
  double pass_ = 1;  // Of the boundary level.
};

}  // namespace loadline::control
