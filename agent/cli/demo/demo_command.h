// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace loadline::cli {

// `loadline demo`: plays an outage twice, with a fixed pool and with Loadline.
void AddDemoCommand(CLI::App& app, int& exit_code);

}  // namespace loadline::cli
