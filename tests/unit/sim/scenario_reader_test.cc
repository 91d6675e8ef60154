// SPDX-License-Identifier: Apache-2.0
// Goal: what a file says is what is played, and a slip of the pen is an error that names its line.
// Method: small files, right and wrong.
#include "agent/simulate/scenario_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "agent/simulate/generator.h"
#include "agent/simulate/suite.h"

namespace loadline::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kGood[] =
    "name: shop\nend: 60\ncores: 4\ndeadline: 300 ms\ncpu: exp 5 ms\nwait: {0: uniform 40 ms 20 %, "
    "20: constant 200 ms}\nload: {0: 100, 30: to 400}\n";

std::string ErrorOf(const std::string& yaml) {
  return std::string(ReadScenario(yaml).status().message());
}

TEST(ScenarioReaderTest, ReadsWhatIsWritten) {
  const absl::StatusOr<sim::Scenario> scenario = ReadScenario(kGood);
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->name, "shop");
  EXPECT_EQ(scenario->end, 60 * sim::kSecond);
  EXPECT_EQ(scenario->cpu.cores, 4);
  EXPECT_EQ(scenario->deadline, 300 * sim::kMillisecond);
  EXPECT_EQ(scenario->classes.front().cpu.At(0)->kind, sim::Distribution::Kind::kExponential);
  EXPECT_EQ(scenario->classes.front().wait.At(30 * sim::kSecond)->mean, 200e6);
  EXPECT_EQ(scenario->arrivals.rate.At(15 * sim::kSecond), 250);
  ASSERT_EQ(scenario->phases.size(), 1U);  // All but the first tenth, if nothing is said.
  EXPECT_EQ(scenario->phases.front().from, 6 * sim::kSecond);
}

TEST(ScenarioReaderTest, VariesTheServiceAndKeepsTheStory) {
  const sim::Scenario plain = ReadScenario(kGood).value();
  const sim::Scenario varied =
      ReadScenario(std::string(kGood) +
                   "vary: {cores: 2, times: 3, wait: 0.5, deadline: 2, shape: lognormal 1}\n")
          .value();
  EXPECT_EQ(varied.cpu.cores, 8);
  const sim::Distribution& cpu = *varied.classes.front().cpu.At(0);
  EXPECT_EQ(cpu.kind, sim::Distribution::Kind::kLognormal);
  EXPECT_EQ(cpu.mean, 15e6);
  EXPECT_EQ(varied.classes.front().wait.At(0)->mean, 60e6);
  // Twice the machine, three times the work: the load is the same part of the capacity.
  EXPECT_NEAR(varied.arrivals.rate.At(60 * sim::kSecond), 400 * 2 / 3.0, 1e-9);
  // R0 went from 45 ms to 75 ms, and patience with it; and twice as much.
  EXPECT_NEAR(static_cast<double>(varied.deadline), 2 * 300e6 * 75 / 45, 1e3);
  EXPECT_EQ(varied.end, plain.end);
}

struct Wrong {
  const char* yaml;
  const char* error;
};
class WrongScenarioTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongScenarioTest, IsRefusedWithLineKeyAndRule) {
  EXPECT_THAT(ErrorOf(kGood + std::string(GetParam().yaml)), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, WrongScenarioTest,
    ::testing::Values(
        Wrong{"colour: red\n", "line 8: key: colour: unknown; must be one of: about, arrivals"},
        Wrong{"cores: 8\n", "line 8: key: cores: given twice"},
        Wrong{"limit_max: many\n", "line 8: limit_max: many: must be a number >= 0"},
        Wrong{"slice: 3 apples\n", "line 8: slice: 3 apples: must be a time"},
        Wrong{"lock: normal 3 ms\n", "line 8: lock: normal 3 ms: must be one of: constant T"},
        Wrong{"speed: {20: 1, 10: 0.5}\n", "line 8: speed: 10: times must rise"},
        Wrong{"vary: {cores: 0}\n", "line 8: cores: 0: must be a factor in [0.01, 100]"},
        Wrong{"vary: {shape: round}\n", "line 8: shape: round: must be one of: constant, exp"},
        Wrong{"vary: {size: 2}\n", "line 8: vary: size: unknown; must be one of: cores, deadline"},
        Wrong{"speed: 2\n", "speed: 2: must be in [0, 1]"},
        Wrong{"levels: [20 %, 30 %]\n", "line 8: levels: a list: must add up to 100 %"},
        Wrong{"pool: {threads: 4, size: 3}\n", "line 8: pool: size: unknown"},
        Wrong{"pool: {threads: 1, adaptive: true}\n", "pool.threads: 1: of an adaptive pool"},
        Wrong{"clients: {attempts: 0}\n", "clients.attempts: 0: must be in [1, 10]"},
        Wrong{"arrivals: {kind: weekly}\n", "line 8: kind: weekly: must be one of: poisson"},
        Wrong{"signals: {lost: 5}\n", "line 8: lost: 5: must be [FROM, TO]"},
        Wrong{"oracle: delphi\n", "line 8: oracle: delphi: must be one of: fluid, edf"},
        Wrong{"phases:\n  - {from: 20, to: 10}\n", "line 9: to: 10: must be above `from`"},
        Wrong{"phases:\n  - {from: 20, to: 90}\n", "phases.to: 90: must not be after end"},
        Wrong{"phases:\n  - {from: 20, to: 30, class: sad}\n",
              "line 9: class: sad: must be one of"},
        Wrong{"phases: 3\n", "line 8: phases: 3: must be a list"}, Wrong{"about: [\n", "line 9:"}));

TEST(ScenarioReaderTest, WhatMustBeThereIsAskedFor) {
  EXPECT_THAT(ErrorOf("cpu: exp 2 ms\n"), HasSubstr("end: a map: is missing"));
  EXPECT_THAT(ErrorOf("end: 60\n"), HasSubstr("cpu: 0: must be given from time 0 on"));
  EXPECT_THAT(ErrorOf("- 1\n"), HasSubstr("line 1: file: a list: must be a map"));
}

TEST(ScenarioReaderTest, TheSuiteIsWhole) {
  EXPECT_GE(Suite().size(), 34U);
  for (const SuiteFile& file : Suite()) {
    const absl::StatusOr<sim::Scenario> scenario = ReadScenario(file.yaml);
    ASSERT_TRUE(scenario.ok()) << file.name << ": " << scenario.status();
    EXPECT_EQ(scenario->name, file.name);
  }
  EXPECT_NE(FindInSuite("S2a"), nullptr);
  EXPECT_EQ(FindInSuite("S99"), nullptr);
}

TEST(GeneratorTest, EverySeedOfEveryKindIsAValidScenarioAndTheSameOneAgain) {
  for (std::size_t i = 0; i < kGeneratorKindNames.size(); ++i) {
    const auto kind = static_cast<GeneratorKind>(i);
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      const std::string yaml = GenerateScenario(seed, kind);
      EXPECT_TRUE(ReadScenario(yaml).ok()) << ReadScenario(yaml).status() << "\n" << yaml;
      EXPECT_EQ(yaml, GenerateScenario(seed, kind));
    }
  }
}

TEST(GeneratorTest, AKindHasTheTroubleThatItIsNamedFor) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto says = [seed](GeneratorKind kind, const char* text) {
      EXPECT_NE(GenerateScenario(seed, kind).find(text), std::string::npos) << text << seed;
    };
    says(GeneratorKind::kSaturatedDependency, "about: Random; overloaded dependency\n");
    says(GeneratorKind::kQuotaFreeze, "about: Random; quota with overload\n");
    says(GeneratorKind::kDeadlineDependency, "attempts: 3");
    says(GeneratorKind::kLostSignal, "\nsignals: {");
    says(GeneratorKind::kMixShift, "\nclasses:");
    says(GeneratorKind::kLongResidence, "name: start");
    says(GeneratorKind::kLowRate, "\ncores: 1\n");
  }
}

}  // namespace
}  // namespace loadline::cli
