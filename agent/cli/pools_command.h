// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace loadline::cli {

// `loadline pools`: asks the agent once what the pools of this host do, and prints it.
void AddPoolsCommand(CLI::App& app, int& exit_code);

}  // namespace loadline::cli
