// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/explain_command.h"

#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent/cli/explain_text.h"
#include "agent/cli/explain_time.h"
#include "agent/cli/host_client.h"
#include "agent/command/environment.h"
#include "agent/command/exit_code.h"
#include "agent/src/publish/report_json.h"

namespace loadline::cli {
namespace {

struct ExplainFlags {
  HostFlags host;
  std::optional<std::string> at;
  std::optional<std::string> since;
  bool json = false;
  bool all = false;
};

// https://no-color.org: whatever it is set to, unless to nothing.
bool WantsColor() {
  return isatty(STDOUT_FILENO) == 1 && Environment("NO_COLOR").value_or("").empty() &&
         Environment("TERM").value_or("dumb") != "dumb";
}

// 0: not given.
absl::StatusOr<double> UnixTime(std::string_view flag, const std::optional<std::string>& text) {
  if (!text) {
    return 0;
  }
  const absl::StatusOr<absl::Time> time =
      ReadPastTime(flag, *text, absl::Now(), absl::LocalTimeZone());
  return time.ok() ? absl::StatusOr<double>(absl::ToDoubleSeconds(*time - absl::UnixEpoch()))
                   : time.status();
}

absl::StatusOr<v1::ExplainRequest> RequestOf(const ExplainFlags& flags) {
  const absl::StatusOr<double> at = UnixTime("--at", flags.at);
  const absl::StatusOr<double> since = UnixTime("--since", flags.since);
  if (!at.ok() || !since.ok()) {
    return at.ok() ? since.status() : at.status();
  }
  v1::ExplainRequest request;
  request.set_name(flags.host.name);
  request.set_all(flags.all);
  request.set_at_unix_time(*at);
  request.set_since_unix_time(*since);
  return request;
}

int Explain(const ExplainFlags& flags) {
  const absl::StatusOr<v1::ExplainRequest> request = RequestOf(flags);
  if (!request.ok()) {
    return Fail(request.status());
  }
  const absl::StatusOr<v1::Report> report = FetchReport(flags.host, *request);
  if (!report.ok()) {
    return Fail(report.status());
  }
  if (!flags.json) {
    std::cout << ExplainText(*report, *request,
                             {.color = WantsColor(), .zone = absl::LocalTimeZone()});
    return kOk;
  }
  const absl::StatusOr<std::string> json =
      agent::AsJson(agent::FitTo(*report, agent::kReportBytesMax));
  if (!json.ok()) {
    return Fail(json.status());
  }
  std::cout << *json << '\n';
  return kOk;
}

}  // namespace

void AddExplainCommand(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "explain", "Say what holds the services of this host back, why, and what to do about it");
  auto flags = std::make_shared<ExplainFlags>();
  AddHostFlags(*command, flags->host);
  CLI::Option* at =
      command->add_option("--at", flags->at, "As it was then: 03:12, 2026-12-01T03:12, 15m ago")
          ->type_name("TIME");
  command->add_option("--since", flags->since, "All that was from then to now")
      ->type_name("TIME")
      ->excludes(at);
  command->add_flag("--json", flags->json, "Print one JSON object of at most 8 KB")
      ->disable_flag_override();
  command->add_flag("--all", flags->all, "Also the pools that are in no trouble")
      ->disable_flag_override();
  command->callback([flags, &exit_code] { exit_code = Explain(*flags); });
}

}  // namespace loadline::cli
