// SPDX-License-Identifier: Apache-2.0
// Goal: law `kernel` keeps the CPUs busy without a queue, is not fooled by a dependency that gets
// slower, hangs or returns, nor by a neighbour, and never leaves its bounds.
// Method: a small service in simulated time; no test looks at a clock.
#include "loadline/control/kernel_law.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <tuple>

#include "simulated_service.h"

namespace loadline::control {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;
using ::testing::Lt;
using testing::SimulatedService;

std::unique_ptr<ControlLaw> Law(const KernelOptions& options = {}) {
  return MakeKernelLaw(options).value();
}

TEST(KernelLawTest, RefusesNothingBelowTheKnee) {
  const auto law = Law();
  SimulatedService service;
  const auto seen = service.Run(*law, 60);
  EXPECT_EQ(seen.rejected, 0);
  EXPECT_GE(seen.GoodShare(), 0.999);
}

TEST(KernelLawTest, StaysSaneThroughAnHourOfLowLoad) {
  const auto law = Law();
  SimulatedService service;
  const auto seen = service.Run(*law, 3600);
  EXPECT_THAT(seen.limit_min, Ge(15));
  EXPECT_THAT(seen.limit_max, Le(60));
  EXPECT_LT(seen.rejected, seen.offered / 1000);
}

TEST(KernelLawTest, HoldsTheKneeUnderTwiceTheCapacity) {
  const auto law = Law();
  SimulatedService service;  // 2 CPUs, 10 ms each: 200/s. K = 2 * (1 + 50/10) = 12.
  service.service_s = 0.01;
  service.arrivals_per_s = 150;
  service.Run(*law, 10);
  service.arrivals_per_s = 400;
  service.Run(*law, 5);
  const auto seen = service.Run(*law, 300);
  EXPECT_GE(seen.good, 0.93 * 200 * 300);
  EXPECT_THAT(seen.limit_max, Lt(30));
  EXPECT_EQ(law->decision().reason, Reason::kOwnCpu);
  EXPECT_EQ(law->decision().bottleneck, Bottleneck::kOwnCpu);
}

// 200 requests/s take 50 ms each, half of it behind other requests. The kernel is read every
// `every` ticks, as a large pool is without an agent.
double OwnWhenReadEvery(int every) {
  const auto law = Law();
  Window w{.now = {},
           .span = std::chrono::milliseconds{100},
           .deadline = std::chrono::milliseconds{250},
           .arrivals = 20,
           .completed = 20,
           .latency_sum = std::chrono::milliseconds{20 * 50},
           .in_flight = 10,
           .in_flight_max = 10,
           .signal = {},
           .cpus = 2};
  for (int tick = 1; tick <= 60; ++tick) {
    w.now = Clock::Time{tick * w.span};
    if (tick % every == 0) {
      w.signal = Signal{.taken_at = w.now,
                        .span = every * w.span,
                        .threads = 10,
                        .counters = {.on_cpu = every * std::chrono::milliseconds{20 * 5},
                                     .runq_self = every * std::chrono::milliseconds{20 * 25}},
                        .step = SignalStep::kSchedstat};
      w.signal_requests = every * 20;
    }
    law->OnTick(w);
  }
  return law->state().own;
}

TEST(KernelLawTest, SeesTheSameQueueHoweverSeldomTheKernelIsRead) {
  EXPECT_NEAR(OwnWhenReadEvery(1), 0.5, 0.01);
  EXPECT_NEAR(OwnWhenReadEvery(2), 0.5, 0.01);
  EXPECT_NEAR(OwnWhenReadEvery(4), 0.5, 0.01);
}

TEST(KernelLawTest, RaisesTheLimitForASlowerDependency) {
  const auto law = Law();
  SimulatedService service;
  service.arrivals_per_s = 500;
  service.Run(*law, 30);
  service.dependency_s = 0.2;
  service.Run(*law, 2);
  const auto seen = service.Run(*law, 60);
  EXPECT_GE(seen.GoodShare(), 0.99);
}

// Calls take ten times as long at once, and nothing comes out meanwhile: what that tells is used
// before the first answer is there.
TEST(KernelLawTest, MakesRoomWhileNothingComesOut) {
  const auto law = Law();
  SimulatedService service;
  service.arrivals_per_s = 500;
  service.deadline_s = 1;
  service.Run(*law, 30);
  const double before = law->decision().limit;
  service.dependency_s = 0.5;
  service.Run(*law, 0.5);
  EXPECT_GE(law->decision().limit, 2 * before);
}

// Two CPUs, 30 ms each, 50 ms elsewhere: behind the queue that the gradient leaves, requests take
// 130 ms.
TEST(KernelLawTest, AimsAtNoAnswerAfterItsDeadline) {
  const auto law = Law();
  SimulatedService service;
  service.service_s = 0.03;
  service.deadline_s = 0.12;
  service.arrivals_per_s = 50;
  service.Run(*law, 20);
  service.arrivals_per_s = 150;
  service.Run(*law, 10);
  const auto seen = service.Run(*law, 100);
  EXPECT_GE(seen.good, 0.97 * 100 * 2 / 0.03);
}

TEST(KernelLawTest, IsNotCollapsedByANeighbour) {
  const auto law = Law();
  SimulatedService service;
  service.service_s = 0.01;
  service.arrivals_per_s = 120;
  service.Run(*law, 20);
  service.stolen = 0.5;  // Leaves 100/s.
  service.Run(*law, 3);
  const auto seen = service.Run(*law, 60);
  EXPECT_GE(seen.good, 0.9 * 100 * 60);
  EXPECT_GE(seen.limit_min, 4);
}

struct Hang {
  double rate, deadline, hung_s;
  bool signal;
};

class HungDependencyTest : public ::testing::TestWithParam<Hang> {
 protected:
  HungDependencyTest() {
    service_.arrivals_per_s = GetParam().rate;
    service_.deadline_s = GetParam().deadline;
    service_.signal = GetParam().signal;
    service_.Run(*law_, 20);
    before_ = law_->decision().limit;
  }

  std::unique_ptr<ControlLaw> law_ = Law();
  SimulatedService service_;
  double before_ = 0;
};

TEST_P(HungDependencyTest, IsSeenWithinTwoDeadlinesWithoutACompletion) {
  service_.dependency_s = 5;
  service_.Run(*law_,
               2 * GetParam().deadline + 0.2);  // A tick, and the residence of the last good.
  EXPECT_EQ(law_->decision().reason, Reason::kLate);
  EXPECT_EQ(law_->decision().bottleneck, Bottleneck::kDepDead);
}

TEST_P(HungDependencyTest, HoldsFewPlacesAndIsBackWithinTwoSeconds) {
  service_.dependency_s = 5;
  const auto hung = service_.Run(*law_, GetParam().hung_s);
  EXPECT_LE(hung.in_flight_max, before_ + 64);
  EXPECT_EQ(law_->decision().bottleneck, Bottleneck::kDepDead);
  service_.dependency_s = 0.05;
  service_.Run(*law_, 2);
  const auto back = service_.Run(*law_, 10);
  EXPECT_GE(back.GoodShare(), 0.95);
  EXPECT_LT(back.limit_max, 3 * before_ + 64);
  service_.Run(*law_, 10);
  EXPECT_THAT(law_->decision().limit, AllOf(Ge(0.5 * before_), Le(2.5 * before_)));
  EXPECT_NE(law_->decision().reason, Reason::kLate);
}

INSTANTIATE_TEST_SUITE_P(Loads, HungDependencyTest,
                         ::testing::Values(Hang{100, 0.25, 20, true}, Hang{100, 0.5, 20, true},
                                           Hang{20, 0.25, 20, true}, Hang{20, 0.5, 20, true},
                                           Hang{100, 0.25, 20, false}, Hang{400, 0.25, 20, true},
                                           Hang{100, 0.25, 300, true}));

TEST(KernelLawTest, ReachesALargeLimitFromAColdStartWithinASecond) {
  const auto law = Law();
  SimulatedService service;  // Needs 800 in flight.
  service.cpus = 16;
  service.arrivals_per_s = 2000;
  service.dependency_s = 0.4;
  service.deadline_s = 1.2;
  service.Run(*law, 1);
  EXPECT_GE(service.Run(*law, 4).GoodShare(), 0.98);
}

TEST(KernelLawTest, AColdStartAgainstADeadDependencyStaysBounded) {
  const auto law = Law();
  SimulatedService service;
  service.cpus = 16;
  service.arrivals_per_s = 2000;
  service.dependency_s = 30;
  service.deadline_s = 1.2;
  EXPECT_LE(service.Run(*law, 10).in_flight_max, 16 * 20 + 64);
}

TEST(KernelLawTest, AColdStartDoesNotOverrunABusyCpu) {
  const auto law = Law();
  SimulatedService service;  // 2 CPUs, 10 ms each: K = 12.
  service.service_s = 0.01;
  service.arrivals_per_s = 400;
  EXPECT_LE(service.Run(*law, 10).in_flight_max, 45);
}

// Found by the simulator (S3b, seed 2): the own queue of the last window before a hang was held
// until the next completion, five seconds later, and so was the hang taken for an overload of ours.
TEST(KernelLawTest, AHangAfterABusyMomentIsAHang) {
  const auto law = Law();
  SimulatedService service;
  service.service_s = 0.01;
  service.arrivals_per_s = 190;  // 95 % of the CPUs.
  service.Run(*law, 20);
  service.arrivals_per_s = 260;
  service.Run(*law, 0.5);
  EXPECT_GT(law->state().own, 0.08);
  service.arrivals_per_s = 100;
  service.dependency_s = 5;
  service.Run(*law, 4);
  EXPECT_EQ(law->decision().bottleneck, Bottleneck::kDepDead);
  EXPECT_EQ(law->state().phase, "hung");
  service.dependency_s = 0.05;
  service.Run(*law, 2);
  EXPECT_GE(service.Run(*law, 10).GoodShare(), 0.95);
}

TEST(KernelLawTest, AFewLateRequestsAreNotAHang) {
  const auto law = Law();
  SimulatedService service;
  service.dependency_s = 0.24;
  service.arrivals_per_s = 30;
  const auto seen = service.Run(*law, 60);
  EXPECT_EQ(seen.rejected, 0);
}

}  // namespace
}  // namespace loadline::control
