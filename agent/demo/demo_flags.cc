// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/demo_flags.h"

#include <chrono>

#include "CLI/CLI.hpp"
#include "agent/command/number_flag.h"

namespace loadline::demo {
namespace {

// Below this the slow phase of each of two runs is shorter than the dependency's 5 s.
constexpr int kSecondsMin = 28;
constexpr int kSecondsMax = 3600;
constexpr int kRateMax = 1000;  // What one thread of this client surely keeps up with.

// CLI11 alone would take "--keep=2x" for "--keep".
void AddSwitch(CLI::App& command, const std::string& name, bool& value,
               const std::string& description) {
  const auto refuse = [](const std::string& text) {
    return text == "true" || text == "false" ? "" : "\"" + text + "\" is neither true nor false";
  };
  command.add_flag(name, value, description)->check(CLI::Validator(refuse, ""));
}

}  // namespace

void DemoFlags::AddTo(CLI::App& command) {
  command.add_option("--seconds", seconds_, "How long it plays, all runs together")
      ->transform(cli::InRange({.least = kSecondsMin, .most = kSecondsMax}))
      ->capture_default_str();
  command.add_option("--mode", mode_, "Which runs to play")
      ->check(CLI::IsMember({"both", "fixed", "loadline"}))
      ->capture_default_str();
  command
      .add_option("--independent-rate", independent_rate_,
                  "Requests per second to the endpoint that needs no dependency")
      ->transform(cli::InRange({.least = 1, .most = kRateMax}))
      ->capture_default_str();
  command
      .add_option("--dependent-rate", dependent_rate_,
                  "Requests per second to the endpoint that needs the dependency")
      ->transform(cli::InRange({.least = 1, .most = kRateMax}))
      ->capture_default_str();
  AddSwitch(command, "--json", json_, "Print the report as one JSON object on stdout");
  AddSwitch(command, "--postgres", postgres_,
            "Let the dependency be a PostgreSQL of the demo's own");
  AddSwitch(command, "--keep", keep_, "Leave everything running after the report, until Ctrl-C");
}

DemoOptions DemoFlags::ToOptions() const {
  DemoOptions options;
  options.total = std::chrono::seconds{seconds_};
  if (mode_ == "fixed") {
    options.modes = {RunMode::kFixed};
  } else if (mode_ == "loadline") {
    options.modes = {RunMode::kLoadline};
  }
  options.independent_per_second = independent_rate_;
  options.dependent_per_second = dependent_rate_;
  options.json = json_;
  options.keep = keep_;
  options.postgres = postgres_;
  return options;
}

}  // namespace loadline::demo
