// SPDX-License-Identifier: Apache-2.0
// Goal: a limit grows as fast as what is known allows: where demand jumps, where calls became
// slower, and no further than the CPUs reach. Method: windows and ticks of a service whose R0 is
// told.
#include "growth.h"

#include <gtest/gtest.h>

#include <chrono>

#include "loadline/signal.h"

namespace loadline::control {
namespace {

using std::chrono::milliseconds;

// 1000 requests per second, 50 ms each, on 8 CPUs of which they use one.
class GrowthTest : public ::testing::Test {
 protected:
  void Judge(double residence, int windows) {
    for (int i = 0; i < windows; ++i) {
      seen_.now += milliseconds{100};
      seen_.residence = residence;
      estimate_.Add(seen_);
      growth_.Add(seen_, estimate_, lim_);
    }
  }
  void RunWell() {
    seen_.in_flight = seen_.in_flight_max = 50;
    Judge(0.05, 100);
    seen_.in_flight = seen_.in_flight_max = lim_;
    seen_.pressed = seen_.rejected = true;
  }
  double Rush(double silence) {
    Signal signal;
    signal.span = milliseconds{100};
    const Window tick{.now = seen_.now,
                      .span = milliseconds{100},
                      .deadline = milliseconds{500},
                      .arrivals = 100,
                      .in_flight = static_cast<int>(lim_),
                      .signal = signal,
                      .cpus = 8};
    return growth_.Rush(tick, estimate_, lim_, true, silence);
  }

  const double lim_ = 100;
  ResidenceEstimate estimate_{{.freeze_ms = 20}};
  Growth growth_{{}};
  Observed seen_{.now = {},
                 .span = 0.1,
                 .n = 100,
                 .rate = 1000,
                 .deadline = 0.5,
                 .cpus = 8,
                 .request_rate = 1000,
                 .rates = SignalRates{.cpu = 1}};
};

TEST_F(GrowthTest, DoublesWithinAResidence) {
  RunWell();
  EXPECT_DOUBLE_EQ(growth_.Double(seen_, estimate_, lim_, true), 2 * lim_);
}

TEST_F(GrowthTest, DoesNotDoubleBeyondWhatFillsTheCpus) {
  RunWell();
  seen_.rates->cpu = 7.5;
  EXPECT_NEAR(growth_.Double(seen_, estimate_, lim_, true), lim_ * 1.1 * 8 / 7.5, 1e-9);
  seen_.rates->cpu = 8.9;  // A signal from the end of a burst.
  EXPECT_DOUBLE_EQ(growth_.Double(seen_, estimate_, lim_, true), lim_);
}

TEST_F(GrowthTest, RushesToWhatComesInWhileNothingComesOut) {
  RunWell();
  EXPECT_NEAR(Rush(0.3), 1000 * 1.2 * 0.3, 1e-9);
  EXPECT_NEAR(Rush(0.45), 400, 1e-9);  // Fourfold at most,
  EXPECT_LE(Rush(0.2), 1000 * 0.9 * 0.5);
}

TEST_F(GrowthTest, RushesNoFurtherThanTheOptionSays) {
  growth_ = Growth{{.rush_fold_max = 2}};
  RunWell();
  EXPECT_NEAR(Rush(0.45), 200, 1e-9);
  EXPECT_LE(Rush(0), 200);
}

// A dependency that takes 300 ms longer is not full; one that then takes longer still may be.
TEST_F(GrowthTest, ASilenceExplainsARiseOfItsOwnLength) {
  RunWell();
  Rush(0.3);
  Judge(0.35, 50);
  EXPECT_NEAR(growth_.anchor(), 0.35, 0.001);
  Judge(2, 50);
  EXPECT_LE(growth_.anchor(), 0.05 + 0.3 + 0.2 + 0.001);
}

TEST_F(GrowthTest, WithoutASilenceARiseUnderPressureIsNotBelieved) {
  RunWell();
  Judge(0.35, 50);
  EXPECT_NEAR(growth_.anchor(), 0.05, 0.001);
}

}  // namespace
}  // namespace loadline::control
