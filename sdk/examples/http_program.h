// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <functional>
#include <string>

namespace loadline::examples {

// Blocks SIGINT and SIGTERM in this thread and those that it starts, so that ServeUntilSignal()
// alone hears them. The first thing in main().
void BlockStopSignals();

// Binds `server` to 127.0.0.1 and `port` (0: any), prints "listening on 127.0.0.1:PORT" as the
// first line, and serves until SIGINT or SIGTERM. Then calls `on_stop`, which may release handlers
// that wait. Answers the exit code: 0, or 3 if the port is taken.
int ServeUntilSignal(httplib::Server& server, const std::string& program, int port,
                     const std::function<void()>& on_stop);

}  // namespace loadline::examples
