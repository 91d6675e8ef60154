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
  std::string socket;
  std::string process;
  bool json = false;
  bool verbose = false;
};

int PrintPools(const PoolsFlags& flags) {
  absl::StatusOr<v1::PoolsSnapshot> snapshot = FetchPools(flags.socket, flags.process);
  if (!snapshot.ok()) {
    return Fail(snapshot.status());
  }
  if (!flags.json) {
    std::cout << PoolsTable(*snapshot, flags.verbose);
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
  CLI::App* command = app.add_subcommand("pools", "Show what the pools of this host do now");
  auto flags = std::make_shared<PoolsFlags>();
  command->add_option("--process", flags->process, "Only processes of this name")
      ->type_name("NAME");
  command
      ->add_option("--socket", flags->socket,
                   "The agent's socket (LOADLINE_SOCKET, else agent.sock in the runtime directory)")
      ->type_name("PATH");
  command->add_flag("--json", flags->json, "Print the snapshot as one JSON object")
      ->disable_flag_override();
  command
      ->add_flag("-v,--verbose", flags->verbose,
                 "Of each pool also how long waits last, its hottest locks and its neighbours")
      ->disable_flag_override();
  command->callback([flags, &exit_code] { exit_code = PrintPools(*flags); });
}

}  // namespace loadline::cli
