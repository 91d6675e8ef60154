// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/pools_command.h"

#include <iostream>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "agent/cli/host_client.h"
#include "agent/cli/pools_table.h"
#include "agent/command/exit_code.h"
#include "agent/src/publish/snapshot.h"

namespace loadline::cli {
namespace {

struct PoolsFlags {
  HostFlags host;
  bool json = false;
  bool all = false;
  bool verbose = false;
};

int PrintPools(const PoolsFlags& flags) {
  absl::StatusOr<v1::PoolsSnapshot> snapshot = FetchPools(flags.host);
  if (!snapshot.ok()) {
    return Fail(snapshot.status());
  }
  if (!flags.json) {
    // Who asks for one service wants to see it, be it in trouble or not.
    std::cout << PoolsTable(
        *snapshot, {.all = flags.all || !flags.host.name.empty(), .verbose = flags.verbose});
    return kOk;
  }
  absl::StatusOr<std::string> json = agent::AsJson(*snapshot);
  if (!json.ok()) {
    return Fail(json.status());
  }
  std::cout << *json << '\n';
  return kOk;
}

}  // namespace

void AddPoolsCommand(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("pools", "Show what the pools of this host do now, trouble first");
  auto flags = std::make_shared<PoolsFlags>();
  AddHostFlags(*command, flags->host);
  command->add_flag("--json", flags->json, "Print the snapshot as one JSON object")
      ->disable_flag_override();
  command->add_flag("--all", flags->all, "Also the pools that are in no trouble")
      ->disable_flag_override();
  command
      ->add_flag("-v,--verbose", flags->verbose,
                 "Of each pool also how long waits last, its hottest locks and its neighbours")
      ->disable_flag_override();
  command->callback([flags, &exit_code] { exit_code = PrintPools(*flags); });
}

}  // namespace loadline::cli
