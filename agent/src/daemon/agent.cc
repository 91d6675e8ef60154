// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/agent.h"

#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "agent/src/daemon/history.h"
#include "agent/src/daemon/host_sampler.h"
#include "agent/src/daemon/runtime_dir.h"
#include "agent/src/daemon/signal_sampler.h"
#include "agent/src/daemon/ticker.h"
#include "agent/src/diagnosis/make_report.h"
#include "agent/src/publish/exposition.h"
#include "agent/src/publish/host_service.h"
#include "agent/src/publish/http_server.h"
#include "agent/src/publish/ledger_server.h"
#include "agent/src/publish/report_json.h"
#include "agent/src/publish/rpc_server.h"
#include "agent/src/publish/self_service.h"
#include "agent/src/publish/snapshot.h"
#include "agent/src/sampler/shared_source.h"
#include "agent/src/selfwatch/own_cost.h"
#include "fmt/format.h"
#include "loadline/steady_clock.h"
#include "spdlog/spdlog.h"

namespace loadline::agent {
namespace {

constexpr std::chrono::milliseconds kSignalIntervalMax{100};
constexpr mode_t kForEverybody = 0666;
constexpr mode_t kForGroup = 0660;
constexpr char kGroup[] = "loadline";

int Cpus() {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);  // Of the host: affinity must not hide some.
  return online > 0 ? static_cast<int>(online) : 1;
}

OverheadBudget::Options BudgetOf(const Config& config) {
  // Some readings, so that a slow one does not decide alone.
  return {.share_max = config.budget_cpu,
          .cpus = Cpus(),
          .wanted = config.detail,
          .window = 10 * config.refresh,
          .quiet = 60 * config.refresh,
          .quiet_max = 16 * 60 * config.refresh};
}

// A source that fails once may fail for ever, ten times a second.
void LogChange(const char* what, const absl::Status& status, bool& failing) {
  if (!status.ok() && !failing) {
    spdlog::error("{}: {}", what, std::string(status.message()));
  } else if (status.ok() && failing) {
    spdlog::info("{}: again", what);
  }
  failing = !status.ok();
}

}  // namespace

// In the order in which things are built, so that what is used outlives its users.
struct Agent::Parts {
  Parts(const Options& options, RuntimeDir runtime_dir, std::optional<StateFile> state_file,
        std::unique_ptr<Source> measured_by, const Clock& used_clock)
      : version(options.version),
        clock(used_clock),
        refresh(options.config.refresh),
        pools_max(options.config.pools_max),
        dir(std::move(runtime_dir)),
        source(std::move(measured_by)),
        history(std::move(state_file), clock, UnixSeconds),
        host_sampler({.own_tgid = getpid(),
                      .cpus = Cpus(),
                      .pools_max = pools_max,
                      .budget = BudgetOf(options.config),
                      .record = [this](const Diagnosed& diagnosed,
                                       Clock::Time at) { history.Add(diagnosed, at); }},
                     source, registry, board, clock),
        signal_sampler(source, registry),
        host_service(
            {.pools_max = pools_max,
             .explain = [this](const v1::ExplainRequest& request) { return Explain(request); }},
            board, registry, clock),
        self_service({.registry = registry,
                      .source = source,
                      .identities = self_identities,
                      .clock = clock,
                      .bounds = bounds,
                      .agent_version = version}),
        exposition(options.config.series_max, [this] { return CurrentFacts(); }),
        started_at(clock.Now()) {}

  absl::Status Serve(const HttpAddress& listen);
  void StartReading();
  Facts CurrentFacts() const;
  absl::StatusOr<std::string> PoolsJson() const;
  absl::StatusOr<v1::Report> Explain(const v1::ExplainRequest& request) const;

  const std::string version;
  const Clock& clock;
  const Clock::Duration refresh;
  const std::size_t pools_max;
  const SessionBounds bounds;

  RuntimeDir dir;
  SharedSource source;
  Ledgers* const source_ledgers = source.ledgers();
  Registry registry{bounds, clock};
  ViewBoard board;
  History history;
  HostSampler host_sampler;
  SignalSampler signal_sampler;
  PeerIdentities self_identities;
  PeerIdentities host_identities;
  HostService host_service;
  SelfService self_service;
  Exposition exposition;
  const Clock::Time started_at;
  bool host_failing = false;  // Of the host ticker only; likewise below.
  bool signal_failing = false;
  bool ledger_failing = false;

  std::unique_ptr<LedgerServer> ledger_server;
  std::unique_ptr<RpcServer> self_server;
  std::unique_ptr<RpcServer> host_server;
  std::unique_ptr<HttpServer> http_server;
  std::optional<Ticker> host_ticker;
  std::optional<Ticker> signal_ticker;
  std::optional<Ticker> ledger_ticker;
};

absl::Status Agent::Parts::Serve(const HttpAddress& listen) {
  const auto serve = [](const UnixListenerOptions& options, grpc::Service& service,
                        PeerIdentities& identities, std::unique_ptr<RpcServer>& server) {
    absl::StatusOr<UnixListener> listener = UnixListener::Bind(options);
    if (!listener.ok()) {
      return listener.status();
    }
    absl::StatusOr<std::unique_ptr<RpcServer>> started =
        RpcServer::Start(*std::move(listener), service, identities);
    if (!started.ok()) {
      return started.status();
    }
    server = *std::move(started);
    return absl::OkStatus();
  };
  if (absl::Status status =
          serve({.path = dir.PathOf("self.sock"), .mode = kForEverybody, .group = ""}, self_service,
                self_identities, self_server);
      !status.ok()) {
    return status;
  }
  if (absl::Status status =
          serve({.path = dir.PathOf("agent.sock"), .mode = kForGroup, .group = kGroup},
                host_service, host_identities, host_server);
      !status.ok()) {
    return status;
  }
  absl::StatusOr<UnixListener> ledgers =
      UnixListener::Bind({.path = dir.PathOf("ledger.sock"), .mode = kForEverybody, .group = ""});
  if (!ledgers.ok()) {
    return ledgers.status();
  }
  absl::StatusOr<std::unique_ptr<LedgerServer>> serving =
      LedgerServer::Start(*std::move(ledgers), source_ledgers, clock);
  if (!serving.ok()) {
    return serving.status();
  }
  ledger_server = *std::move(serving);
  // Last: the pages read the numbers of the other two.
  absl::StatusOr<std::unique_ptr<HttpServer>> http = HttpServer::Start(
      listen,
      {.metrics = [this] { return exposition.Text(); },
       .pools_json = [this] { return PoolsJson(); },
       .ready = [this] { return board.ready(); },
       .explain_json = [this](const v1::ExplainRequest& request) -> absl::StatusOr<std::string> {
         absl::StatusOr<v1::Report> report = Explain(request);
         return report.ok() ? AsJson(FitTo(*std::move(report), kReportBytesMax)) : report.status();
       }});
  if (!http.ok()) {
    return http.status();
  }
  http_server = *std::move(http);
  return dir.Write("http.addr", http_server->address());
}

void Agent::Parts::StartReading() {
  host_ticker.emplace(clock, [this] {
    LogChange("reading the host", host_sampler.Read(), host_failing);
    host_service.Publish();
    return host_service.Interval(refresh);
  });
  signal_ticker.emplace(clock, [this] {
    const absl::Status status = signal_sampler.Read();
    LogChange("reading registered processes", status, signal_failing);
    if (status.ok()) {  // Else silence: services go on with less after a second.
      self_service.Publish(signal_sampler.book());
    }
    return self_service.Interval(kSignalIntervalMax);
  });
  if (source_ledgers != nullptr) {
    ledger_ticker.emplace(clock, [this] {
      LogChange("showing processes that we live", source_ledgers->ShowAlive(), ledger_failing);
      return std::chrono::nanoseconds{LL_ALIVE_EVERY_NS};
    });
  }
}

Facts Agent::Parts::CurrentFacts() const {
  const HostSampler::Stats stats = host_sampler.stats();
  AgentStatus status{.version = version,
                     .cost = ReadOwnCost(),
                     .sessions = registry.sessions(),
                     .ledgers = {},
                     .ledger_requests = ledger_server->stats(),
                     .readings_ok = stats.ok,
                     .readings_failed = stats.failed,
                     .read_seconds = Seconds(stats.time),
                     .reading_age = {},
                     .losses = {}};
  if (source_ledgers != nullptr) {
    status.ledgers = source_ledgers->use();
  }
  status.losses.push_back({"recorder_pools", history.left_out()});
  status.losses.push_back({"connections", self_server->refused_total() +
                                              host_server->refused_total() +
                                              status.ledger_requests.connections_refused_total});
  HostView view = board.Read();
  if (view.taken_at != Clock::Time{}) {
    status.reading_age = clock.Now() - view.taken_at;
  }
  return {.view = std::move(view), .reports = registry.Reports(), .status = std::move(status)};
}

absl::StatusOr<std::string> Agent::Parts::PoolsJson() const {
  return AsJson(MakeSnapshot(board.Read(), registry.Reports(),
                             {.pools_max = pools_max,
                              .uptime = clock.Now() - started_at,
                              .diagnosed = board.ReadDiagnosed()}));
}

absl::StatusOr<v1::Report> Agent::Parts::Explain(const v1::ExplainRequest& request) const {
  const std::shared_ptr<const Diagnosed> diagnosed = board.ReadDiagnosed();
  if (diagnosed == nullptr) {
    return absl::FailedPreconditionError(
        "the agent has not read the host yet: try again in a second");
  }
  if (request.at_unix_time() > 0 || request.since_unix_time() > 0) {
    const absl::StatusOr<Diagnosed> then =
        history.Find(request.at_unix_time(), request.since_unix_time(), *diagnosed);
    return then.ok() ? MakeReport(*then, request.name(), request.all()) : then.status();
  }
  if (absl::Status status = CheckName(board.Read(), request.name()); !status.ok()) {
    return status;
  }
  return MakeReport(*diagnosed, request.name(), request.all());
}

Agent::Agent(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Agent::~Agent() {
  // Nobody reads any more, then nobody is served: what is left falls in the reverse order of Parts.
  parts_->ledger_ticker.reset();
  parts_->signal_ticker.reset();
  parts_->host_ticker.reset();
  parts_->history.Save();
}

absl::StatusOr<std::unique_ptr<Agent>> Agent::Start(const Options& options,
                                                    std::unique_ptr<Source> source,
                                                    const Clock& clock) {
  absl::StatusOr<RuntimeDir> dir = RuntimeDir::Claim(options.config.runtime_dir);
  if (!dir.ok()) {
    return dir.status();
  }
  std::optional<StateFile> state;
  if (!options.config.state_dir.empty()) {
    absl::StatusOr<StateFile> file = StateFile::Open(options.config.state_dir, "recorder");
    if (!file.ok()) {
      return file.status();
    }
    state = *std::move(file);
  }
  auto parts =
      std::make_unique<Parts>(options, *std::move(dir), std::move(state), std::move(source), clock);
  if (absl::Status status = parts->Serve(options.config.listen); !status.ok()) {
    return status;
  }
  parts->StartReading();
  return std::unique_ptr<Agent>(new Agent(std::move(parts)));
}

std::string Agent::Describe() const {
  return fmt::format("http://{}/metrics, services on {}, tools on {}, measuring by {}",
                     parts_->http_server->address(), parts_->self_server->path(),
                     parts_->host_server->path(), parts_->source.name());
}

}  // namespace loadline::agent
