// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/service.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "agent/demo/program_path.h"
#include "agent/demo/scoreboard.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""s;

constexpr Clock::Duration kServiceStartMax = 10s;

}  // namespace

absl::StatusOr<Service> Service::Start(const Options& options, const ChildContext& context) {
  const absl::StatusOr<std::filesystem::path> program = FindProgram("orders");
  if (!program.ok()) {
    return program.status();
  }
  const bool fixed = options.mode == RunMode::kFixed;
  const auto deadline_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(kObjective).count();
  absl::StatusOr<ChildProcess> process = ChildProcess::Start(
      {.name = "orders",
       .argv = {program->string(), "--port=0", options.dependency_flag,
                absl::StrCat("--mode=", fixed ? "fixed" : "loadline"),
                absl::StrCat("--threads=", kFixedThreads),
                absl::StrCat("--deadline-ms=", deadline_ms),
                absl::StrCat("--agent-socket=", options.agent_socket.string())},
       .log = context.work_dir / absl::StrCat("orders-", std::string(Name(options.mode)), ".log")},
      context);
  if (!process.ok()) {
    return process.status();
  }
  absl::StatusOr<std::string> address = process->WaitForOutput("listening on ", kServiceStartMax);
  if (!address.ok()) {
    return address.status();
  }
  return Service(*std::move(process), *std::move(address));
}

}  // namespace loadline::demo
