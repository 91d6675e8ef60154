// SPDX-License-Identifier: Apache-2.0
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/demo/child_process.h"
#include "agent/demo/dependency.h"
#include "agent/demo/free_port.h"
#include "agent/demo/program_path.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""s;

// initdb writes some 40 MB.
constexpr Clock::Duration kInitMax = 60s;
constexpr Clock::Duration kPostgresStartMax = 20s;
constexpr Clock::Duration kQueryMax = 10s;
// More than the 200 of the fixed pool, with room for those who ask from outside.
constexpr int kConnectionsMax = 300;

// PostgreSQL refuses to run as root: then all its programs run as the user that its package made.
// The death signal is set by setpriv itself, since changing the user clears it.
absl::StatusOr<std::vector<std::string>> RunAsPrefix(const std::filesystem::path& data) {
  if (geteuid() != 0) {
    return std::vector<std::string>{};
  }
  const passwd* user = getpwnam("postgres");
  if (user == nullptr) {
    return absl::FailedPreconditionError(
        "--postgres as root needs the user \"postgres\": apt-get install postgresql");
  }
  if (chown(data.c_str(), user->pw_uid, user->pw_gid) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("chown ", data.string()));
  }
  return std::vector<std::string>{"/usr/bin/setpriv", "--reuid=postgres",    "--regid=postgres",
                                  "--init-groups",    "--pdeathsig=SIGQUIT", "--"};
}

class Postgres final : public Dependency {
 public:
  explicit Postgres(ChildContext context)
      : context_(std::move(context)), data_(context_.work_dir / "postgres") {}

  absl::Status Start() {
    std::error_code error;
    std::filesystem::create_directory(data_, error);
    absl::StatusOr<std::vector<std::string>> prefix = RunAsPrefix(data_);
    if (!prefix.ok()) {
      return prefix.status();
    }
    prefix_ = *std::move(prefix);
    absl::Status initialized = Run("initdb",
                                   {"-D", data_.string(), "-U", "postgres", "--auth=trust",
                                    "--no-sync", "--no-locale", "-E", "UTF8"},
                                   kInitMax);
    if (!initialized.ok()) {
      return initialized;
    }
    if (absl::Status started = StartServer(); !started.ok()) {
      return started;
    }
    return Query("CREATE TABLE latency(ms int NOT NULL); INSERT INTO latency VALUES (50)");
  }

  std::string name() const override { return "postgres"; }
  pid_t pid() const override { return server_ ? server_->pid() : 0; }
  std::string address() const override { return absl::StrCat("127.0.0.1:", port_); }
  std::string OrdersFlag() const override { return absl::StrCat("--postgres=", Conninfo()); }

  std::string LatencyCommand(int ms) const override {
    return absl::StrCat("psql '", Conninfo(), "' -c 'UPDATE latency SET ms=", ms, "'");
  }

  absl::Status SetLatency(Clock::Duration latency) override {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(latency).count();
    return Query(absl::StrCat("UPDATE latency SET ms=", ms));
  }

  absl::Status CheckAlive() override { return server_->CheckAlive(); }

 private:
  std::string Conninfo() const {
    return absl::StrCat("host=127.0.0.1 port=", port_, " user=postgres dbname=postgres");
  }

  absl::StatusOr<ChildProcess> Launch(const std::string& name, std::vector<std::string> arguments) {
    const absl::StatusOr<std::filesystem::path> program = FindPostgresProgram(name);
    if (!program.ok()) {
      return program.status();
    }
    std::vector<std::string> argv = prefix_;
    argv.push_back(program->string());
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return ChildProcess::Start({.name = name,
                                .argv = std::move(argv),
                                .log = context_.work_dir / absl::StrCat(name, ".log"),
                                .stop_signal = SIGINT},  // "Fast shutdown", where it is a server.
                               context_);
  }

  absl::Status Run(const std::string& name, std::vector<std::string> arguments,
                   Clock::Duration wait_max) {
    absl::StatusOr<ChildProcess> process = Launch(name, std::move(arguments));
    if (!process.ok()) {
      return process.status();
    }
    const absl::StatusOr<int> code = process->WaitForExit(wait_max);
    if (!code.ok()) {
      return code.status();
    }
    return *code == 0 ? absl::OkStatus()
                      : absl::InternalError(absl::StrCat(name, " failed (exit code ", *code,
                                                         "); it said:\n", process->LastWords()));
  }

  absl::Status StartServer() {
    port_ = FindFreePort();
    absl::StatusOr<ChildProcess> server =
        Launch("postgres", {"-D", data_.string(), "-p", absl::StrCat(port_),          //
                            "-c", "listen_addresses=127.0.0.1",                       //
                            "-c", "unix_socket_directories=",                         //
                            "-c", absl::StrCat("max_connections=", kConnectionsMax),  //
                            "-c", "fsync=off"});  // The data lives as long as the demo.
    if (!server.ok()) {
      return server.status();
    }
    server_.emplace(*std::move(server));
    return server_
        ->WaitForOutput("database system is ready to accept connections", kPostgresStartMax)
        .status();
  }

  // Through psql: the agent's program has no business linking a database client.
  absl::Status Query(const std::string& sql) {
    return Run("psql", {Conninfo(), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql}, kQueryMax);
  }

  const ChildContext context_;
  const std::filesystem::path data_;
  std::vector<std::string> prefix_;
  int port_ = 0;
  std::optional<ChildProcess> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Dependency>> StartPostgres(const ChildContext& context) {
  auto postgres = std::make_unique<Postgres>(context);
  if (absl::Status status = postgres->Start(); !status.ok()) {
    return status;
  }
  return postgres;
}

}  // namespace loadline::demo
