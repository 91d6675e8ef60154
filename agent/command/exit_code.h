// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace loadline::cli {

// What every subcommand answers with; `loadline --help` lists them.
enum ExitCode : int {
  kOk = 0,
  kInternal = 1,     // A bug, or something that nobody foresaw.
  kBadInput = 2,     // A flag, key or value that is wrong.
  kEnvironment = 3,  // The machine lacks something: privilege, BTF, a free port, an agent.
};

// Prints an error as the one line that it is, whatever the user typed into it.
void Complain(std::string_view message);

// Prints the error in one line and returns the code that goes with it. `status` must not be ok.
int Fail(const absl::Status& status);

}  // namespace loadline::cli
