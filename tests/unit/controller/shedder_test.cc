// SPDX-License-Identifier: Apache-2.0
// Goal: under threefold load the best work passes whole, the worst not at all, and nothing is
// refused while something worse is let in; tenants of one class get equal shares. Method: a seeded
// mix of levels, ticks of 100 ms.
#include "loadline/control/shedder.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "loadline/control/tenant_shares.h"

namespace loadline::control {
namespace {

using std::chrono_literals::operator""ms;

struct Mix {
  std::array<int, kLevels> offered{}, admitted{};

  int Admitted(Priority p) const { return Sum(admitted, p); }
  int Offered(Priority p) const { return Sum(offered, p); }
  static int Sum(const std::array<int, kLevels>& levels, Priority p) {
    int sum = 0;
    for (int i = 0; i < kLevelsPerPriority; ++i) {
      sum += levels[static_cast<std::size_t>(static_cast<int>(p) * kLevelsPerPriority + i)];
    }
    return sum;
  }
};

// 20 % critical, 30 % default, 50 % batch: 3000/s for a capacity of 1000/s.
Mix Threefold(Shedder& shedder, int ticks) {
  std::mt19937 random(1);
  Mix mix;
  for (int tick = 0; tick < ticks; ++tick) {
    for (int i = 0; i < 300; ++i) {
      const auto u = random() % 10;
      const Priority p = u < 2   ? Priority::kCritical
                         : u < 5 ? Priority::kDefault
                                 : Priority::kBatch;
      const int level = Level(p, static_cast<int>(random() % 100));
      const bool pass = shedder.Offer(level);
      if (tick >= 10) {
        mix.offered[static_cast<std::size_t>(level)] += 1;
        mix.admitted[static_cast<std::size_t>(level)] += pass ? 1 : 0;
      }
    }
    shedder.OnTick({.span = 100ms,
                    .capacity = 1000,
                    .offered = 3000,
                    .sojourn = 10ms,
                    .bound = 10ms,
                    .limited = true});
  }
  return mix;
}

TEST(ShedderTest, NothingIsShedBelowCapacity) {
  Shedder shedder = Shedder::Create().value();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(shedder.Offer(i % kLevels));
    shedder.OnTick({.span = 100ms, .capacity = 1000, .offered = 900, .limited = true});
  }
  EXPECT_EQ(shedder.boundary(), kLevels);
}

TEST(ShedderTest, TheBestPassesWholeAndTheWorstNotAtAll) {
  Shedder shedder = Shedder::Create().value();
  const Mix mix = Threefold(shedder, 200);
  EXPECT_EQ(mix.Admitted(Priority::kCritical), mix.Offered(Priority::kCritical));
  EXPECT_EQ(mix.Admitted(Priority::kBatch), 0);
  const double share =
      static_cast<double>(mix.Admitted(Priority::kDefault)) / mix.Offered(Priority::kDefault);
  EXPECT_NEAR(share, (0.95 / 3 - 0.2) / 0.3, 0.1);
}

TEST(ShedderTest, OnlyTheBoundaryIsAdmittedInPart) {
  Shedder shedder = Shedder::Create().value();
  Threefold(shedder, 20);
  for (int level = 0; level < kLevels; ++level) {
    if (level != shedder.boundary()) {
      EXPECT_EQ(shedder.Offer(level), level < shedder.boundary());
    }
  }
}

TEST(ShedderTest, AQueueThatStaysShedsMoreAndOneThatIsGoneLess) {
  Shedder shedder = Shedder::Create().value();
  for (int i = 0; i < 10; ++i) {
    shedder.Offer(250);
    shedder.OnTick({.span = 100ms,
                    .capacity = 1000,
                    .offered = 900,
                    .sojourn = 50ms,
                    .bound = 10ms,
                    .limited = true});
  }
  EXPECT_NEAR(shedder.shed_fraction(), 0.2, 1e-9);
  for (int i = 0; i < 20; ++i) {
    shedder.OnTick({.span = 100ms, .capacity = 1000, .offered = 900, .bound = 10ms});
  }
  EXPECT_EQ(shedder.shed_fraction(), 0);
}

TEST(ShedderTest, OptionsAreRefusedOutOfRangeByName) {
  for (const auto& spec : ShedderOptions::Specs()) {
    ShedderOptions options;
    options.*spec.member = spec.max;
    EXPECT_TRUE(Shedder::Create(options).ok()) << spec.name;
    options.*spec.member = spec.min - 1;
    const std::string message(Shedder::Create(options).status().message());
    EXPECT_NE(message.find(std::string(spec.name) + ": "), std::string::npos) << message;
  }
}

TEST(PriorityTest, NamesAndLevelsAgree) {
  EXPECT_EQ(Level(Priority::kCriticalPlus, 0), 0);
  EXPECT_EQ(Level(Priority::kBatch, 1000), 499);
  EXPECT_EQ(LevelOfAttempt(Level(Priority::kDefault), 2), Level(Priority::kCritical));
  EXPECT_EQ(LevelOfAttempt(50, 3), 0);
  EXPECT_EQ(PriorityFromName("sheddable"), Priority::kSheddable);
  EXPECT_EQ(PriorityFromName("nonesuch"), std::nullopt);
}

TEST(TenantSharesTest, WhoWantsMoreThanItsShareGetsItsShare) {
  Shedder shedder = Shedder::Create().value();
  TenantShares tenants;
  std::mt19937 random(1);
  std::array<double, 3> admitted{};
  for (int tick = 0; tick < 600; ++tick) {
    for (int i = 0; i < 300; ++i) {
      const auto u = random() % 10;
      const std::size_t tenant = u < 7 ? 0 : u < 9 ? 1 : 2;  // 70, 20, 10 %.
      if (shedder.Offer(Level(Priority::kDefault, tenants.Within(tenant)))) {
        tenants.OnAdmitted(tenant);
        admitted[tenant] += tick >= 100 ? 1 : 0;
      }
    }
    tenants.OnTick(100ms);
    shedder.OnTick({.span = 100ms,
                    .capacity = 1000,
                    .offered = 3000,
                    .sojourn = 10ms,
                    .bound = 10ms,
                    .limited = true});
  }
  // Of 100 per tick: the third wants 30, which is less than a third, and gets nearly all of it.
  EXPECT_GT(admitted[2], 0.9 * 30 * 500);
  EXPECT_NEAR(admitted[0] / admitted[1], 1, 0.25);
}

}  // namespace
}  // namespace loadline::control
