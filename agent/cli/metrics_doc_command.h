// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace loadline::cli {

// `loadline metrics-doc`: prints docs/METRICS.md from the rows of the metrics.
void AddMetricsDocCommand(CLI::App& app, int& exit_code);

}  // namespace loadline::cli
