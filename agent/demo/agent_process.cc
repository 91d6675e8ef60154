// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/agent_process.h"

#include <chrono>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "agent/command/companion.h"
#include "agent/demo/free_port.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kUsualPort = 9435;
// Loading the probes takes a second or two, and a minute where ten others want the CPU.
constexpr Clock::Duration kAgentStartMax = 60s;
constexpr Clock::Duration kAgentPoll = 50ms;

std::string FirstLine(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// The address it serves HTTP on, which it writes into its runtime directory.
absl::StatusOr<std::string> WaitUntilServing(ChildProcess& process,
                                             const std::filesystem::path& runtime_dir,
                                             const Clock& clock) {
  const Clock::Time until = clock.Now() + kAgentStartMax;
  while (true) {
    std::error_code error;
    const std::string address = FirstLine(runtime_dir / "http.addr");
    if (!address.empty() && std::filesystem::exists(runtime_dir / "agent.sock", error) &&
        std::filesystem::exists(runtime_dir / "self.sock", error)) {
      return address;
    }
    if (absl::Status alive = process.CheckAlive(); !alive.ok()) {
      return absl::FailedPreconditionError(alive.message());
    }
    if (clock.Now() >= until) {
      return absl::FailedPreconditionError(
          absl::StrCat("the agent does not serve after ",
                       std::chrono::duration_cast<std::chrono::seconds>(kAgentStartMax).count(),
                       " s; it said:\n", process.LastWords()));
    }
    if (absl::Status waited = process.WaitForExit(kAgentPoll).status(); absl::IsCancelled(waited)) {
      return waited;
    }
  }
}

}  // namespace

absl::StatusOr<AgentProcess> AgentProcess::Start(const ChildContext& context) {
  const absl::StatusOr<std::filesystem::path> program = cli::FindCompanion("loadline");
  if (!program.ok()) {
    return program.status();
  }
  const std::filesystem::path runtime_dir = context.work_dir / "run";
  std::error_code error;
  std::filesystem::create_directory(runtime_dir, error);
  const int port = PortIsFree(kUsualPort) ? kUsualPort : 0;
  absl::StatusOr<ChildProcess> process = ChildProcess::Start(
      {.name = "loadline agent",
       // No budget: peers are what is to be seen, also on a small machine.
       .argv = {program->string(), "agent", "--runtime-dir", runtime_dir.string(), "--listen",
                absl::StrCat("127.0.0.1:", port), "--budget-cpu", "0"},
       .log = context.work_dir / "agent.log"},
      context);
  if (!process.ok()) {
    return process.status();
  }
  absl::StatusOr<std::string> address = WaitUntilServing(*process, runtime_dir, *context.clock);
  if (!address.ok()) {
    return address.status();
  }
  return AgentProcess(*std::move(process), runtime_dir, *std::move(address));
}

}  // namespace loadline::demo
