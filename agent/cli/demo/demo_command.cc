// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/demo/demo_command.h"

#include <iostream>
#include <memory>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "agent/cli/demo/demo.h"
#include "agent/cli/demo/demo_flags.h"
#include "agent/cli/exit_code.h"
#include "loadline/steady_clock.h"

namespace loadline::cli {
namespace {

// As shells report a death by SIGINT.
constexpr int kInterrupted = 130;

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kCancelled:
      return kInterrupted;
    case absl::StatusCode::kAborted:  // A process of ours died in mid-play.
    case absl::StatusCode::kInternal:
      return kInternal;
    default:
      return kEnvironment;
  }
}

}  // namespace

void AddDemoCommand(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "demo", "Play an outage twice on this machine: with a fixed pool, and with Loadline");
  auto flags = std::make_shared<demo::DemoFlags>();
  flags->AddTo(*command);
  command->callback([flags, &exit_code] {
    const absl::Status status = demo::RunDemo(flags->ToOptions(), SteadyClock::Get());
    exit_code = ExitCodeOf(status);
    if (!status.ok()) {
      std::cerr << "loadline demo: " << status.message() << '\n';
    }
  });
}

}  // namespace loadline::cli
