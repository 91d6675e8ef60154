// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/agent_command.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "agent/cli/open_source.h"
#include "agent/command/environment.h"
#include "agent/command/exit_code.h"
#include "agent/src/daemon/agent.h"
#include "agent/src/daemon/config.h"
#include "agent/src/daemon/runtime_dir.h"
#include "loadline/steady_clock.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace loadline::cli {
namespace {

struct AgentFlags {
  std::optional<std::string> file;
  std::map<const agent::Setting*, std::string> values;
};

// Connections and BPF maps are descriptors, and the usual soft limit is 1024. Refusal is no error.
void RaiseOpenFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// Two tickers do all that allocates much; each of the many threads of gRPC would have memory of its
// own. Tables of threads grow to some MB each: among small things they would leave holes for ever.
void KeepMemorySmall() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);  // What each reading needs for a moment is kept.
}

// Debian's Abseil is built with assertions: at each lock it looks for deadlocks, for 2 % of all
// that an agent takes. The tests let it.
void TrustTheOrderOfLocks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

// To be called before there are threads: they inherit the mask.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, number);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // A scraper that hangs up is its own business.
  return signals;
}

void StartLog() {
  auto log = spdlog::stderr_color_mt("loadline");
  // journald has the time already.
  log->set_pattern(Environment("JOURNAL_STREAM") ? "%l: %v" : "%Y-%m-%dT%H:%M:%S.%e %l: %v");
  spdlog::set_default_logger(std::move(log));
}

absl::StatusOr<agent::Config> ReadConfig(const AgentFlags& flags) {
  agent::ConfigInputs inputs{.file = flags.file, .environment = Environment, .flags = {}};
  for (const auto& [setting, value] : flags.values) {
    inputs.flags.push_back({.setting = setting, .value = value});
  }
  absl::StatusOr<agent::Config> config = agent::LoadConfig(inputs);
  if (config.ok() && config->runtime_dir.empty()) {
    absl::StatusOr<std::string> dir = agent::DefaultRuntimeDir(geteuid() == 0, Environment);
    if (!dir.ok()) {
      return dir.status();
    }
    config->runtime_dir = *std::move(dir);
  }
  return config;
}

absl::StatusOr<std::unique_ptr<agent::Agent>> StartAgent(const agent::Config& config) {
  spdlog::set_level(spdlog::level::from_str(config.log_level));
  absl::StatusOr<OpenedSource> opened = OpenSource(config.source);
  if (!opened.ok()) {
    return opened.status();
  }
  if (!opened->warning.empty()) {
    spdlog::warn("{}", opened->warning);
  }
  absl::StatusOr<std::unique_ptr<agent::Agent>> running =
      agent::Agent::Start({.config = config, .version = LOADLINE_VERSION},
                          std::move(opened->source), SteadyClock::Get());
  if (running.ok()) {
    spdlog::info("{}", (*running)->Describe());
  }
  return running;
}

// Puts an agent with the configuration as it is now in the place of `running`. One that is wrong,
// or that cannot be had, changes nothing. Only where the old one cannot be had any more either,
// there is none.
absl::Status Reload(const AgentFlags& flags, agent::Config& config,
                    std::unique_ptr<agent::Agent>& running) {
  absl::StatusOr<agent::Config> wanted = ReadConfig(flags);
  if (!wanted.ok()) {
    spdlog::error("not reloaded: {}", std::string(wanted.status().message()));
    return absl::OkStatus();
  }
  if (*wanted == config) {
    spdlog::info("reloaded: nothing changed");
    return absl::OkStatus();
  }
  running.reset();  // Its sockets and probes are the new one's.
  absl::StatusOr<std::unique_ptr<agent::Agent>> started = StartAgent(*wanted);
  if (started.ok()) {
    config = *std::move(wanted);
  } else {
    spdlog::error("not reloaded: {}", std::string(started.status().message()));
    started = StartAgent(config);
  }
  if (!started.ok()) {
    return started.status();
  }
  running = *std::move(started);
  return absl::OkStatus();
}

int RunAgent(const AgentFlags& flags) {
  absl::StatusOr<agent::Config> config = ReadConfig(flags);
  if (!config.ok()) {
    return Fail(config.status());
  }
  StartLog();
  KeepMemorySmall();
  TrustTheOrderOfLocks();
  RaiseOpenFiles();
  const sigset_t signals = BlockSignals();
  absl::StatusOr<std::unique_ptr<agent::Agent>> running = StartAgent(*config);
  if (!running.ok()) {
    return Fail(running.status());
  }
  sd_notify(0, "READY=1");
  int number = 0;
  while (sigwait(&signals, &number) == 0 && number == SIGHUP) {
    sd_notify(0, "RELOADING=1");
    if (absl::Status status = Reload(flags, *config, *running); !status.ok()) {
      return Fail(status);
    }
    sd_notify(0, "READY=1");
  }
  sd_notify(0, "STOPPING=1");
  spdlog::info("stopping on {}", sigabbrev_np(number));
  running->reset();
  return kOk;
}

}  // namespace

void AddAgentCommand(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("agent", "Measure this host and serve what is found");
  // Shared with the callbacks, which live as long as the command.
  auto flags = std::make_shared<AgentFlags>();
  command
      ->add_option_function<std::string>(
          "--config", [flags](const std::string& path) { flags->file = path; },
          "File of keys; the environment and flags win over it")
      ->type_name("FILE.yaml");
  for (const agent::Setting& setting : agent::Settings()) {
    command
        ->add_option_function<std::string>(
            setting.flag_name(),
            [flags, &setting](const std::string& value) { flags->values[&setting] = value; },
            setting.help)
        ->type_name(setting.form);
  }
  command->footer(
      "Each flag is also a key of the file (refresh_ms) and a variable of the\n"
      "environment (LOADLINE_REFRESH_MS). On SIGHUP the agent reads the file again, and begins\n"
      "anew if something changed; a file that is wrong is logged, and changes nothing.");
  command->callback([flags, &exit_code] { exit_code = RunAgent(*flags); });
}

}  // namespace loadline::cli
