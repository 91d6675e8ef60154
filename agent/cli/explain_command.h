// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace loadline::cli {

// `loadline explain`: what holds the pools of this host back, and what to do about it.
void AddExplainCommand(CLI::App& app, int& exit_code);

}  // namespace loadline::cli
