// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/demo.h"

#include <curl/curl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/command/companion.h"
#include "agent/demo/display.h"
#include "agent/demo/interruption.h"
#include "agent/demo/program_path.h"
#include "agent/demo/report.h"
#include "agent/demo/stage.h"
#include "agent/demo/where_next.h"

namespace loadline::demo {
namespace {

// Two seconds of requests that hang, at the highest rates allowed, need a descriptor each.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 8192));
    setrlimit(RLIMIT_NOFILE, &limit);  // Else the requests beyond it fail, and are counted so.
  }
}

void PrintReport(const std::vector<RunFigures>& runs, const DemoOptions& options,
                 Display& display) {
  if (options.json) {
    std::puts(RenderJson(runs).c_str());
    std::fflush(stdout);
  } else {
    display.Say(absl::StrCat("\n", RenderTable(runs, display.style())));
  }
}

Places PlacesOf(const Stage& stage) {
  return {.http_address = stage.agent().http_address(),
          .work_dir = stage.work_dir(),
          .dashboards = FindDashboards(),
          .slow_command = stage.dependency().LatencyCommand(5000),
          .usual_command = stage.dependency().LatencyCommand(50)};
}

absl::Status Keep(Stage& stage, Display& display) {
  const Places places = PlacesOf(stage);
  if (absl::Status status = WritePrometheusConfig(places); !status.ok()) {
    return status;
  }
  display.Say(WhereNextKept(places));
  display.Say(absl::StrCat("  pids         agent ", stage.agent().pid(), ", ",
                           stage.dependency().name(), " ", stage.dependency().pid(), ", orders ",
                           stage.service().pid(), "\n"));
  const absl::Status status = stage.KeepPlaying();
  return absl::IsCancelled(status) ? absl::OkStatus() : status;  // As announced.
}

absl::Status PlayAll(const DemoOptions& options, Display& display, Interruption& interruption,
                     const Clock& clock) {
  display.Say(absl::StrCat("starting the agent, ", options.postgres ? "postgres" : "inventory"));
  absl::StatusOr<std::unique_ptr<Stage>> stage = Stage::Set(options, display, interruption, clock);
  if (!stage.ok()) {
    return stage.status();
  }
  display.Say(absl::StrCat("agent: metrics at ", (*stage)->agent().metrics_url(), "; ",
                           (*stage)->dependency().name(), " at ", (*stage)->dependency().address(),
                           "; logs in ", (*stage)->work_dir().string()));
  std::vector<RunFigures> runs;
  const int count = static_cast<int>(options.modes.size());
  for (const RunMode mode : options.modes) {
    absl::StatusOr<RunFigures> run = (*stage)->Play(mode, static_cast<int>(runs.size()) + 1, count);
    if (!run.ok()) {
      return run.status();
    }
    runs.push_back(*std::move(run));
  }
  PrintReport(runs, options, display);
  if (options.keep) {
    return Keep(**stage, display);
  }
  const absl::StatusOr<std::filesystem::path> program = cli::FindCompanion("loadline");
  display.Say(WhereNext(program.ok() ? program->string() : "loadline"));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunDemo(const DemoOptions& options, const Clock& clock) {
  // Before any thread: see Interruption.
  absl::StatusOr<Interruption> interruption = Interruption::Create(clock);
  if (!interruption.ok()) {
    return interruption.status();
  }
  RaiseDescriptorLimit();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Display display(options.json ? stderr : stdout);
  absl::Status status = PlayAll(options, display, *interruption, clock);
  curl_global_cleanup();
  return status;
}

}  // namespace loadline::demo
