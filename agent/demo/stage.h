// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/demo/agent_process.h"
#include "agent/demo/demo_options.h"
#include "agent/demo/dependency.h"
#include "agent/demo/display.h"
#include "agent/demo/figures.h"
#include "agent/demo/interruption.h"
#include "agent/demo/pool_watch.h"
#include "agent/demo/screen.h"
#include "agent/demo/service.h"
#include "agent/demo/work_dir.h"
#include "loadline/clock.h"

namespace loadline::demo {

// All processes of the demo, and the playing of a run on them.
//
// Lifetime: what it started ends with it, the last started first.
// Thread safety: none; stay on the thread that called Set().
class Stage {
 public:
  // Starts the agent and the dependency.
  static absl::StatusOr<std::unique_ptr<Stage>> Set(const DemoOptions& options, Display& display,
                                                    Interruption& interruption, const Clock& clock);

  // Starts the service anew and plays one run: the `run`th of `runs`.
  absl::StatusOr<RunFigures> Play(RunMode mode, int run, int runs);

  // Keeps load on the service that played last, and the display going, until interrupted.
  absl::Status KeepPlaying();

  const AgentProcess& agent() const { return agent_; }
  const Dependency& dependency() const { return *dependency_; }
  const Service& service() const { return *service_; }
  const std::filesystem::path& work_dir() const { return work_dir_.path(); }

 private:
  class Run;

  Stage(const DemoOptions& options, Display& display, Interruption& interruption,
        const Clock& clock, WorkDir work_dir, AgentProcess agent,
        std::unique_ptr<Dependency> dependency);

  // With an empty plan: for KeepPlaying().
  absl::StatusOr<std::unique_ptr<Run>> MakeRun(const std::vector<Phase>& phases, int run, int runs);
  absl::Status CheckAlive();
  HostView OwnPools(HostView host) const;

  const DemoOptions& options_;
  Display& display_;
  Interruption& interruption_;
  const Clock& clock_;
  WorkDir work_dir_;
  AgentProcess agent_;
  std::unique_ptr<Dependency> dependency_;
  std::optional<Service> service_;
  std::unique_ptr<PoolWatch> watch_;
  RunMode mode_ = RunMode::kFixed;  // Of service_.
};

}  // namespace loadline::demo
