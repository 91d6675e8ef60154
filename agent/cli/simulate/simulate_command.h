// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace loadline::cli {

// `loadline simulate`: plays scenarios under control laws, in virtual time, and scores the laws.
void AddSimulateCommand(CLI::App& app, int& exit_code);

}  // namespace loadline::cli
