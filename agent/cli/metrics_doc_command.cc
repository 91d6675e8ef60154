// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/metrics_doc_command.h"

#include <iostream>

#include "CLI/CLI.hpp"
#include "agent/command/exit_code.h"
#include "agent/src/publish/metrics_document.h"

namespace loadline::cli {

void AddMetricsDocCommand(CLI::App& app, int& exit_code) {
  app.add_subcommand("metrics-doc", "Print the reference of all metrics, as Markdown")
      ->callback([&exit_code] {
        std::cout << agent::MetricsDocument();
        exit_code = kOk;
      });
}

}  // namespace loadline::cli
