// SPDX-License-Identifier: Apache-2.0
// Goal: a limit grows as fast as what is known allows: where demand jumps, where calls became
// slower, and no further than the CPUs reach. Method: ticks and windows of a service whose R0 is
// told, played to the rules alone.
#include <gtest/gtest.h>

#include <chrono>

#include "loadline/signal.h"
#include "rules/doubling.h"
#include "rules/fast_ramp.h"
#include "rules/observation.h"

namespace loadline::control {
namespace {

using std::chrono::milliseconds;

// 1000 requests per second, 50 ms each, on 8 CPUs of which they use one.
class RampRulesTest : public ::testing::Test {
 protected:
  RampRulesTest() { standing_.own = 100; }

  // Ticks of 100 ms. Completions stop for the last `gap` of them.
  void Judge(double residence_s, int ticks) {
    for (int i = 0; i < ticks; ++i) {
      tick_.now += tick_.span;
      tick_.completed = 100;
      tick_.latency_sum = std::chrono::duration_cast<Clock::Duration>(
          std::chrono::duration<double>(100 * residence_s));
      tick_.signal->taken_at = tick_.now;
      observer_.OnTick(tick_);
      window_ = *observer_.Close(tick_);
      observer_.Refer(window_, standing_.lim());
    }
  }
  void RunWell() {
    tick_.in_flight = tick_.in_flight_max = 50;
    Judge(0.05, 100);
    tick_.in_flight = tick_.in_flight_max = 100;
    tick_.rejected = 1;
    window_.in_flight = window_.in_flight_max = 100;
    window_.pressed = window_.rejected = true;
  }
  // After that many ticks without a completion.
  Proposal Ramp(int gap) {
    tick_.completed = 0;
    tick_.latency_sum = {};
    for (int i = 1; i < gap; ++i) {
      tick_.now += tick_.span;
      observer_.OnTick(tick_);
    }
    tick_.now += tick_.span;
    const Observation now = observer_.OnTick(tick_);
    const Proposal proposal = ramp_.OnTick(now, standing_);
    observer_.Learn(proposal);
    return proposal;
  }
  double Doubled() { return doubling_.OnWindow(observer_.OnTick(tick_), window_, standing_).floor; }

  Standing standing_{{}};
  Observer observer_{{}};
  FastRamp ramp_{{}};
  Doubling doubling_{{}};
  Window tick_{.now = {},
               .span = milliseconds{100},
               .deadline = milliseconds{500},
               .arrivals = 100,
               .signal = Signal{.taken_at = {},
                                .span = milliseconds{100},
                                .threads = 100,
                                .counters = {.on_cpu = milliseconds{100}},
                                .step = SignalStep::kLedger},
               .signal_requests = 100,
               .cpus = 8};
  Observed window_;
};

TEST_F(RampRulesTest, DoublesWithinAResidence) {
  RunWell();
  EXPECT_DOUBLE_EQ(Doubled(), 2 * standing_.lim());
}

TEST_F(RampRulesTest, DoesNotDoubleBeyondWhatFillsTheCpus) {
  RunWell();
  window_.rates->cpu = 7.5;
  EXPECT_NEAR(Doubled(), standing_.lim() * 1.1 * 8 / 7.5, 1e-9);
  window_.rates->cpu = 8.9;  // A signal from the end of a burst.
  EXPECT_DOUBLE_EQ(Doubled(), standing_.lim());
}

TEST_F(RampRulesTest, NeitherDoublesNorRampsAgainstAProbe) {
  RunWell();
  standing_.phase = ProbePhase::kDown;
  EXPECT_EQ(Doubled(), 0);
  EXPECT_EQ(Ramp(3).floor, 0);
}

TEST_F(RampRulesTest, RampsToWhatComesInWhileNothingComesOut) {
  RunWell();
  EXPECT_NEAR(Ramp(3).floor, 1000 * 1.2 * 0.3, 1e-6);
  EXPECT_NEAR(Ramp(1).floor, 400, 1e-6);  // After 400 ms: fourfold at most.
}

TEST_F(RampRulesTest, RampsNoFurtherThanTheOptionSays) {
  ramp_ = FastRamp{{.ramp_fold_max = 2}};
  RunWell();
  EXPECT_NEAR(Ramp(4).floor, 200, 1e-6);
}

// A dependency that takes 300 ms longer is not full; one that then takes longer still may be.
TEST_F(RampRulesTest, ACompletionGapExplainsARiseOfItsOwnLength) {
  RunWell();
  Ramp(3);
  Judge(0.35, 50);
  const auto reference = [this] { return observer_.OnTick(tick_).reference.value(); };
  EXPECT_NEAR(reference(), 0.35, 0.001);
  Judge(2, 50);
  EXPECT_LE(reference(), 0.05 + 0.3 + 0.2 + 0.001);
}

TEST_F(RampRulesTest, WithoutAGapARiseUnderPressureIsNotBelieved) {
  RunWell();
  Judge(0.35, 50);
  EXPECT_NEAR(observer_.OnTick(tick_).reference.value(), 0.05, 0.001);
}

}  // namespace
}  // namespace loadline::control
