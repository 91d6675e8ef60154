// SPDX-License-Identifier: Apache-2.0
// Goal: the order of the rules is what precedence.h says, and each limit names the rule that it is
// due to. Method: a law in ticks by hand, and the table that documents print.
#include "rules/arbiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <tuple>

#include "simulated_service.h"

namespace loadline::control {
namespace {

using testing::SimulatedService;

TEST(ArbiterTest, EachRuleHasARowOfItsOwnAndTheBoundsComeLast) {
  std::set<std::string_view> names;
  for (const RuleRow& row : KernelRules()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.when.empty()) << row.name;
    EXPECT_FALSE(row.does.empty()) << row.name;
  }
  EXPECT_EQ(names.size(), std::tuple_size_v<Precedence> + 1);
  EXPECT_EQ(KernelRules().back().name, "bounds");
}

TEST(ArbiterTest, OverloadIsTheGradients) {
  const auto law = MakeKernelLaw({}).value();
  SimulatedService service;
  service.service_s = 0.01;
  service.arrivals_per_s = 400;
  service.Run(*law, 30);
  const Binding binding = law->state().binding;
  EXPECT_EQ(binding.rule, Gradient::kRow.name);
  EXPECT_EQ(binding.evidence.name, "own");
  EXPECT_GT(binding.evidence.value, 0.05);
  EXPECT_DOUBLE_EQ(binding.floor, law->decision().limit);
}

TEST(ArbiterTest, AHangIsTheTrials) {
  const auto law = MakeKernelLaw({}).value();
  SimulatedService service;
  service.arrivals_per_s = 100;
  service.Run(*law, 20);
  service.dependency_s = 5;
  service.Run(*law, 4);
  EXPECT_EQ(law->state().binding.rule, TrialRequests::kRow.name);
}

TEST(ArbiterTest, WhatTheBoundsCutIsTheirs) {
  const auto law = MakeKernelLaw({.limit_max = 20}).value();
  SimulatedService service;
  service.arrivals_per_s = 2000;
  service.cpus = 16;
  service.dependency_s = 0.4;
  service.deadline_s = 1.2;
  service.Run(*law, 3);
  EXPECT_EQ(law->decision().limit, 20);
  EXPECT_EQ(law->state().binding.rule, "bounds");
  EXPECT_EQ(law->state().binding.ceiling, 20);
}

}  // namespace
}  // namespace loadline::control
