// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace loadline::examples {

struct OrdersOptions {
  int port = 0;
  std::string inventory;  // "127.0.0.1:8081"; one of the two.
  std::string postgres;   // A libpq connection string.
  bool fixed = false;     // A pool of `threads` and no limiter, as such services often are.
  int threads = 200;
  int deadline_ms = 250;
  std::string agent_socket;  // Empty: the default search.
};

// Fills `options` from the command line. Answers -1, or the exit code to end with: 0 after --help,
// 2 after a line that says which flag is wrong.
int ParseOrdersOptions(int argc, char** argv, OrdersOptions& options);

}  // namespace loadline::examples
