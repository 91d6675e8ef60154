// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "agent/command/command_line.h"
#include "agent/command/exit_code.h"
#include "agent/demo/demo.h"
#include "agent/demo/demo_flags.h"
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

void Declare(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<demo::DemoFlags>();
  flags->AddTo(app);
  app.callback([flags, &exit_code] {
    const absl::Status status = demo::RunDemo(flags->ToOptions(), SteadyClock::Get());
    exit_code = ExitCodeOf(status);
    if (!status.ok()) {
      std::cerr << "loadline demo: " << status.message() << '\n';
    }
  });
}

}  // namespace
}  // namespace loadline::cli

int main(int argc, char** argv) {
  return loadline::cli::RunProgram(
      {.name = "loadline demo",
       .description = "Play an outage twice on this machine: with a fixed pool, and with Loadline",
       .declare = loadline::cli::Declare},
      argc, argv);
}
