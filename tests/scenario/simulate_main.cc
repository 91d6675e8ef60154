// SPDX-License-Identifier: Apache-2.0
// `loadline simulate` alone: a program that builds in seconds, for tests and for tuning laws.
#include <iostream>

#include "CLI/CLI.hpp"
#include "agent/cli/exit_code.h"
#include "agent/cli/simulate/simulate_command.h"

int main(int argc, char** argv) {
  CLI::App app{"loadline simulate, without the rest of the agent", "loadline_simulate"};
  app.require_subcommand(1);
  int exit_code = loadline::cli::kOk;
  loadline::cli::AddSimulateCommand(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::cerr << "loadline: " << error.what() << "; see --help\n";
    return loadline::cli::kBadInput;
  }
  return exit_code;
}
