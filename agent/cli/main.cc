// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <string>

#include "CLI/CLI.hpp"
#include "agent/cli/agent_command.h"
#include "agent/cli/deep/deep_command.h"
#include "agent/cli/demo/demo_command.h"
#include "agent/cli/exit_code.h"
#include "agent/cli/explain_command.h"
#include "agent/cli/metrics_doc_command.h"
#include "agent/cli/pools_command.h"
#include "agent/cli/simulate/simulate_command.h"

namespace {

constexpr char kFooter[] =
    "Exit codes: 0 done, 1 internal error, 2 wrong flag, key or value, 3 the machine lacks\n"
    "something (privilege, BTF, a free port or socket, a running agent).";

int Run(int argc, char** argv) {
  CLI::App app{
      "Loadline: what every thread on this host waits for, and limits that follow from it.",
      "loadline"};
  app.set_version_flag("--version", "loadline " LOADLINE_VERSION);
  app.footer(kFooter);
  app.require_subcommand(0, 1);  // Asked for below: CLI11 would not name the word that is wrong.

  // Each adds one subcommand, which leaves its exit code in `exit_code` when it was chosen.
  int exit_code = loadline::cli::kOk;
  loadline::cli::AddAgentCommand(app, exit_code);
  loadline::cli::AddDeepCommand(app, exit_code);
  loadline::cli::AddDemoCommand(app, exit_code);
  loadline::cli::AddExplainCommand(app, exit_code);
  loadline::cli::AddMetricsDocCommand(app, exit_code);
  loadline::cli::AddPoolsCommand(app, exit_code);
  loadline::cli::AddSimulateCommand(app, exit_code);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version.
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    loadline::cli::Complain(std::string(error.what()) + "; see --help");
    return loadline::cli::kBadInput;
  }
  if (app.get_subcommands().empty()) {
    loadline::cli::Complain("a subcommand is required; see --help");
    return loadline::cli::kBadInput;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {  // Of a library; our own code answers with absl::Status.
    loadline::cli::Complain(error.what());
    return loadline::cli::kInternal;
  }
}
