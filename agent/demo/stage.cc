// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/stage.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/demo/load_generator.h"
#include "agent/demo/pool_summary.h"
#include "agent/demo/scoreboard.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Fast enough for the eye; each tick costs some 0.2 ms.
constexpr Clock::Duration kTick = 200ms;
constexpr Clock::Duration kClientTimeout = 2s;

LoadGenerator::Options LoadFor(const DemoOptions& options, const std::string& address) {
  return {.streams = {{.endpoint = Endpoint::kIndependent,
                       .url_prefix = absl::StrCat("http://", address, "/price/"),
                       .per_second = options.independent_per_second},
                      {.endpoint = Endpoint::kDependent,
                       .url_prefix = absl::StrCat("http://", address, "/order/"),
                       .per_second = options.dependent_per_second}},
          .timeout = kClientTimeout};
}

double Milliseconds(Clock::Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

}  // namespace

// Load on the service, what came of it, and the display of both.
class Stage::Run {
 public:
  Run(Stage& stage, std::unique_ptr<LoadGenerator> load, ScreenState screen)
      : stage_(stage),
        load_(std::move(load)),
        screen_(std::move(screen)),
        meter_(stage.clock_.Now()),
        summary_(stage.service_->pid()) {}

  absl::Status Play(const std::vector<Phase>& phases) {
    for (std::size_t i = 0; i < phases.size(); ++i) {
      if (absl::Status status = PlayPhase(phases[i], i); !status.ok()) {
        return status;
      }
    }
    board_.EndRun(stage_.clock_.Now());
    return TakeStragglers();
  }

  absl::Status PlayUntilInterrupted() {
    screen_.phase = screen_.phases.size();
    while (true) {
      if (absl::Status status = Tick(stage_.clock_.Now() + kTick); !status.ok()) {
        return status;
      }
    }
  }

  RunFigures Figures() const {
    const Scoreboard::Recovery recovery = board_.FindRecovery();
    return {.mode = screen_.mode,
            .recovery_seconds = recovery.seconds,
            .recovered = recovery.recovered,
            .client_lag_p99_ms = Milliseconds(load_->LagP99()),
            .phases = board_.Phases(),
            .timeline = board_.Timeline(),
            .pool = summary_.figures()};
  }

 private:
  absl::Status PlayPhase(const Phase& phase, std::size_t index) {
    const Clock::Time begin = stage_.clock_.Now();
    if (phase.dependency_latency != latency_) {
      latency_ = phase.dependency_latency;
      if (absl::Status status = stage_.dependency_->SetLatency(latency_); !status.ok()) {
        return status;
      }
    }
    board_.BeginPhase(phase.kind, begin);
    screen_.phase = index;
    screen_.dependency_latency_ms = Milliseconds(latency_);
    const Clock::Time end = begin + phase.length;
    for (Clock::Time now = stage_.clock_.Now(); now < end; now = stage_.clock_.Now()) {
      screen_.phase_elapsed = now - begin;
      if (absl::Status status = Tick(std::min(end, now + kTick)); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  // The requests that are outstanding at the end of the run belong to it. Nothing is shown: without
  // load the screen would look like an outage.
  absl::Status TakeStragglers() {
    load_->StopSending();
    const Clock::Time until = stage_.clock_.Now() + 2 * kClientTimeout;
    absl::Status status;
    while (status.ok() && load_->outstanding() > 0 && stage_.clock_.Now() < until) {
      status = stage_.interruption_.WaitUntil(stage_.clock_.Now() + kTick);
    }
    TakeSamples();
    return status;
  }

  absl::Status Tick(Clock::Time until) {
    if (absl::Status status = stage_.interruption_.WaitUntil(until); !status.ok()) {
      return status;
    }
    TakeSamples();
    if (std::optional<HostView> host = stage_.watch_->TakeNewest()) {
      screen_.host = stage_.OwnPools(*std::move(host));
      summary_.Add(screen_.host, PlaysSlow());
    }
    const Clock::Time now = stage_.clock_.Now();
    meter_.Advance(now);
    for (const Endpoint endpoint : kEndpoints) {
      screen_.load[static_cast<std::size_t>(endpoint)] = meter_.Read(endpoint, now);
    }
    stage_.display_.Show(screen_, now);
    return stage_.CheckAlive();
  }

  void TakeSamples() {
    for (const Sample& sample : load_->Take()) {
      meter_.Add(sample);
      if (screen_.phase < screen_.phases.size()) {  // Else it plays for hours, perhaps.
        board_.Add(sample);
      }
    }
  }

  bool PlaysSlow() const {
    return screen_.phase < screen_.phases.size() &&
           screen_.phases[screen_.phase].kind == PhaseKind::kSlow;
  }

  Stage& stage_;
  std::unique_ptr<LoadGenerator> load_;
  ScreenState screen_;
  LiveMeter meter_;
  Scoreboard board_;
  PoolSummary summary_;
  Clock::Duration latency_{};  // That the dependency was told; zero: nothing yet.
};

absl::StatusOr<std::unique_ptr<Stage>> Stage::Set(const DemoOptions& options, Display& display,
                                                  Interruption& interruption, const Clock& clock) {
  absl::StatusOr<WorkDir> work_dir = WorkDir::Create();
  if (!work_dir.ok()) {
    return work_dir.status();
  }
  const ChildContext context{
      .work_dir = work_dir->path(), .interrupt = interruption.fd(), .clock = &clock};
  absl::StatusOr<AgentProcess> agent = AgentProcess::Start(context);
  if (!agent.ok()) {
    return agent.status();
  }
  absl::StatusOr<std::unique_ptr<Dependency>> dependency =
      options.postgres ? StartPostgres(context) : StartInventory(context);
  if (!dependency.ok()) {
    return dependency.status();
  }
  return std::unique_ptr<Stage>(new Stage(options, display, interruption, clock,
                                          *std::move(work_dir), *std::move(agent),
                                          *std::move(dependency)));
}

Stage::Stage(const DemoOptions& options, Display& display, Interruption& interruption,
             const Clock& clock, WorkDir work_dir, AgentProcess agent,
             std::unique_ptr<Dependency> dependency)
    : options_(options),
      display_(display),
      interruption_(interruption),
      clock_(clock),
      work_dir_(std::move(work_dir)),
      agent_(std::move(agent)),
      dependency_(std::move(dependency)),
      watch_(PoolWatch::Start(agent_.host_socket(), kTick)) {}

absl::StatusOr<RunFigures> Stage::Play(RunMode mode, int run, int runs) {
  service_.reset();  // The one before, first: it would compete for the CPUs.
  mode_ = mode;
  absl::StatusOr<Service> service = Service::Start(
      {.mode = mode,
       .dependency_flag = dependency_->OrdersFlag(),
       .agent_socket = agent_.self_socket()},
      {.work_dir = work_dir_.path(), .interrupt = interruption_.fd(), .clock = &clock_});
  if (!service.ok()) {
    return service.status();
  }
  service_.emplace(*std::move(service));
  const std::vector<Phase> phases = PlanRun(options_.total / runs);
  absl::StatusOr<std::unique_ptr<Run>> playing = MakeRun(phases, run, runs);
  if (!playing.ok()) {
    return playing.status();
  }
  if (absl::Status status = (*playing)->Play(phases); !status.ok()) {
    return status;
  }
  return (*playing)->Figures();
}

absl::StatusOr<std::unique_ptr<Stage::Run>> Stage::MakeRun(const std::vector<Phase>& phases,
                                                           int run, int runs) {
  absl::StatusOr<std::unique_ptr<LoadGenerator>> load =
      LoadGenerator::Start(LoadFor(options_, service_->address()), clock_);
  if (!load.ok()) {
    return load.status();
  }
  ScreenState screen;
  screen.mode = mode_;
  screen.run = run;
  screen.runs = runs;
  screen.phases = phases;
  screen.dependency = absl::StrCat(dependency_->name(), " ", dependency_->address());
  screen.dependency_latency_ms = 50;
  screen.offered_per_second = {options_.independent_per_second, options_.dependent_per_second};
  screen.service = service_->pid();
  screen.metrics_url = agent_.metrics_url();
  return std::make_unique<Run>(*this, *std::move(load), std::move(screen));
}

absl::Status Stage::KeepPlaying() {
  absl::StatusOr<std::unique_ptr<Run>> playing = MakeRun({}, 1, 1);
  return playing.ok() ? (*playing)->PlayUntilInterrupted() : playing.status();
}

absl::Status Stage::CheckAlive() {
  for (const absl::Status& status :
       {agent_.CheckAlive(), dependency_->CheckAlive(), service_->CheckAlive()}) {
    if (!status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

HostView Stage::OwnPools(HostView host) const {
  std::erase_if(host.pools, [&](const PoolView& pool) {
    return pool.pid != service_->pid() && pool.pid != dependency_->pid();
  });
  return host;
}

}  // namespace loadline::demo
