// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace loadline::cli {

// `loadline deep`: for some seconds, who wakes whom and what the waker had waited for itself.
void AddDeepCommand(CLI::App& app, int& exit_code);

}  // namespace loadline::cli
