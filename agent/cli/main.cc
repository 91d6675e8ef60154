// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "agent/cli/agent_command.h"
#include "agent/cli/deep/deep_command.h"
#include "agent/cli/explain_command.h"
#include "agent/cli/metrics_doc_command.h"
#include "agent/cli/pools_command.h"
#include "agent/command/command_line.h"
#include "agent/command/companion.h"
#include "agent/command/exit_code.h"

namespace loadline::cli {
namespace {

// Programs of their own, so that what runs as root links neither an HTTP client nor a simulator.
struct KnownCompanion {
  std::string_view name;
  std::string_view summary;
};
constexpr std::array<KnownCompanion, 2> kCompanions = {{
    {"demo", "Play an outage twice on this machine: with a fixed pool, and with Loadline"},
    {"simulate", "Play a service under load in virtual time, and score control laws"},
}};

std::string CompanionHelp() {
  std::string text = "Programs of their own, found beside this one or in ../libexec/loadline:\n";
  for (const KnownCompanion& companion : kCompanions) {
    text += "  " + std::string(companion.name) + std::string(28 - companion.name.size(), ' ') +
            std::string(companion.summary);
    text +=
        FindCompanion("loadline-" + std::string(companion.name)).ok() ? "\n" : " (not installed)\n";
  }
  return text + "\n";
}

void Declare(CLI::App& app, int& exit_code) {
  app.footer(CompanionHelp() + app.get_footer());
  app.require_subcommand(0, 1);  // Asked for below: CLI11 would not name the word that is wrong.
  // Each adds one subcommand, which leaves its exit code in `exit_code` when it was chosen.
  AddAgentCommand(app, exit_code);
  AddDeepCommand(app, exit_code);
  AddExplainCommand(app, exit_code);
  AddMetricsDocCommand(app, exit_code);
  AddPoolsCommand(app, exit_code);
  app.final_callback([&app, &exit_code] {
    if (app.get_subcommands().empty()) {
      Complain("a subcommand is required; see --help");
      exit_code = kBadInput;
    }
  });
}

bool IsSubcommand(std::string_view word) {
  CLI::App app;
  int exit_code = kOk;
  Declare(app, exit_code);
  return std::ranges::any_of(app.get_subcommands(nullptr), [&](const CLI::App* subcommand) {
    return subcommand->get_name() == word;
  });
}

// The answer to `loadline NAME` if loadline-NAME cannot be run.
int Refuse(std::string_view name, const absl::Status& status) {
  const bool known = std::ranges::any_of(
      kCompanions, [&](const KnownCompanion& companion) { return companion.name == name; });
  if (known || !absl::IsNotFound(status)) {
    return Fail(status);
  }
  Complain("\"" + std::string(name) + "\" is no subcommand, and " + std::string(status.message()) +
           "; see --help");
  return kBadInput;
}

int Main(int argc, char** argv) {
  if (argc > 1 && IsCompanionName(argv[1]) && !IsSubcommand(argv[1])) {
    return Refuse(argv[1], RunCompanion(argc, argv));
  }
  return RunProgram(
      {.name = "loadline",
       .description =
           "Loadline: what every thread on this host waits for, and limits that follow from it.",
       .declare = Declare},
      argc, argv);
}

}  // namespace
}  // namespace loadline::cli

int main(int argc, char** argv) { return loadline::cli::Main(argc, argv); }
