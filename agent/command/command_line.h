// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace loadline::cli {

// A program of this project, as its command line presents it.
struct Program {
  std::string name;         // What a person types: "loadline", "loadline demo".
  std::string description;  // One sentence, the first line of --help.
  // Adds flags and subcommands to `app`. The callback that runs leaves its exit code in
  // `exit_code`, which lives as long as `app`.
  void (*declare)(CLI::App& app, int& exit_code);
};

// What main() of each program does: adds --version and the exit codes to the help, parses, runs
// what was asked for, and prints any error as one line. Returns the exit code (exit_code.h).
int RunProgram(const Program& program, int argc, char** argv);

}  // namespace loadline::cli
