// SPDX-License-Identifier: Apache-2.0
// Goal: the CPUs that a process may use follow from its affinity and every quota above it.
// Method: a table.
#include "loadline/control/effective_cpus.h"

#include <gtest/gtest.h>

#include <array>

namespace loadline::control {
namespace {

using std::chrono_literals::operator""ms;

TEST(EffectiveCpusTest, IsTheAffinityWithoutAQuota) {
  EXPECT_EQ(EffectiveCpus(8, {}), 8);
  const std::array<CpuQuota, 1> max = {{{.quota = 0ms}}};
  EXPECT_EQ(EffectiveCpus(8, max), 8);
}

TEST(EffectiveCpusTest, IsTheTightestQuotaOfAllLevels) {
  const std::array<CpuQuota, 3> quotas = {{{.quota = 300ms}, {.quota = 25ms, .period = 50ms}, {}}};
  EXPECT_EQ(EffectiveCpus(8, quotas), 0.5);
  EXPECT_EQ(EffectiveCpus(2, {quotas.data(), 1}), 2);
}

TEST(EffectiveCpusTest, IsNeverNothing) {
  EXPECT_EQ(EffectiveCpus(0, {}), 1);
  EXPECT_EQ(EffectiveCpus(-5, {}), 1);
  const std::array<CpuQuota, 2> tiny = {
      {{.quota = Clock::Duration{1}}, {.quota = 5ms, .period = -5ms}}};
  EXPECT_EQ(EffectiveCpus(4, tiny), 0.01);
}

}  // namespace
}  // namespace loadline::control
