// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace loadline::cli {

// `loadline agent`: measures and serves until SIGINT, SIGTERM or SIGHUP.
void AddAgentCommand(CLI::App& app, int& exit_code);

}  // namespace loadline::cli
