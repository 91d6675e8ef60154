// SPDX-License-Identifier: Apache-2.0
#include "agent/command/command_line.h"

#include <exception>
#include <string>

#include "CLI/CLI.hpp"
#include "agent/command/exit_code.h"

namespace loadline::cli {
namespace {

constexpr char kFooter[] =
    "Exit codes: 0 done, 1 internal error, 2 wrong flag, key or value, 3 the machine lacks\n"
    "something (privilege, BTF, a free port or socket, a running agent).";

int Parse(const Program& program, int argc, char** argv) {
  CLI::App app{program.description, program.name};
  app.set_version_flag("--version", "loadline " LOADLINE_VERSION);
  app.footer(kFooter);
  int exit_code = kOk;
  program.declare(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version.
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    Complain(std::string(error.what()) + "; see --help");
    return kBadInput;
  }
  return exit_code;
}

}  // namespace

int RunProgram(const Program& program, int argc, char** argv) {
  try {
    return Parse(program, argc, argv);
  } catch (const std::exception& error) {  // Of a library; our own code answers with absl::Status.
    Complain(error.what());
    return kInternal;
  }
}

}  // namespace loadline::cli
