// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/explain_command.h"

#include <iostream>
#include <memory>

#include "CLI/CLI.hpp"
#include "agent/cli/explain_text.h"
#include "agent/cli/host_client.h"
#include "agent/command/exit_code.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

struct ExplainFlags {
  HostFlags host;
  bool all = false;
};

int Explain(const ExplainFlags& flags) {
  absl::StatusOr<v1::PoolsSnapshot> snapshot = FetchPools(flags.host);
  if (!snapshot.ok()) {
    return Fail(snapshot.status());
  }
  if (!flags.host.process.empty() && snapshot->pools().empty()) {
    return Fail(absl::NotFoundError(
        fmt::format("--process: no process of this host is called \"{}\"", flags.host.process)));
  }
  std::cout << ExplainText(*snapshot, flags.all);
  return kOk;
}

}  // namespace

void AddExplainCommand(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "explain", "Say what holds the pools of this host back, why, and what to do about it");
  auto flags = std::make_shared<ExplainFlags>();
  AddHostFlags(*command, flags->host);
  command->add_flag("--all", flags->all, "Also the pools that nothing holds back")
      ->disable_flag_override();
  command->callback([flags, &exit_code] { exit_code = Explain(*flags); });
}

}  // namespace loadline::cli
