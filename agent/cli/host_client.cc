// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/host_client.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "agent/command/environment.h"
#include "agent/src/daemon/runtime_dir.h"
#include "fmt/format.h"
#include "loadline/v1/host.grpc.pb.h"

namespace loadline::cli {
namespace {

// An agent that has just started has a first reading well before that. Who asks by hand has no more
// patience.
constexpr int kPatienceSeconds = 5;

absl::Status FromGrpc(const grpc::Status& status, const std::string& socket) {
  if (access(socket.c_str(), W_OK) != 0 && errno == EACCES) {
    return absl::PermissionDeniedError(
        fmt::format("{} is for root and the group loadline: use sudo, or join the group", socket));
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return absl::UnavailableError(fmt::format(
        "no agent answers at {}: start one with `loadline agent`, or name its socket with --socket",
        socket));
  }
  switch (status.error_code()) {
    case grpc::StatusCode::NOT_FOUND:  // Of what the user asked for, so without the socket.
      return absl::NotFoundError(status.error_message());
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return absl::InvalidArgumentError(status.error_message());
    case grpc::StatusCode::FAILED_PRECONDITION:
      return absl::FailedPreconditionError(status.error_message());
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::FailedPreconditionError(
          fmt::format("the agent at {} is older than this program: it makes no reports", socket));
    default:
      return absl::InternalError(fmt::format("{}: {}", socket, status.error_message()));
  }
}

// `flag` if it is not empty, else LOADLINE_SOCKET, else agent.sock in the default runtime
// directory.
absl::StatusOr<std::string> HostSocket(const std::string& flag) {
  if (!flag.empty()) {
    return flag;
  }
  if (std::optional<std::string> socket = Environment("LOADLINE_SOCKET")) {
    return *socket;
  }
  absl::StatusOr<std::string> dir = agent::DefaultRuntimeDir(geteuid() == 0, Environment);
  return dir.ok() ? absl::StatusOr<std::string>(*dir + "/agent.sock") : dir.status();
}

std::unique_ptr<v1::Host::Stub> Connect(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);  // 10,000 pools do not fit in gRPC's 4 MiB.
  return v1::Host::NewStub(
      grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace

void AddHostFlags(CLI::App& command, HostFlags& flags) {
  command
      .add_option("NAME", flags.name,
                  "Only this service, command, unit, container or pid; NAME/POOL: one pool of it")
      ->type_name("");
  command.add_option("--process", flags.name, "NAME")->type_name("NAME")->group("");
  command
      .add_option("--socket", flags.socket,
                  "The agent's socket (LOADLINE_SOCKET, else agent.sock in the runtime directory)")
      ->type_name("PATH");
}

absl::StatusOr<v1::PoolsSnapshot> FetchPools(const HostFlags& flags) {
  const absl::StatusOr<std::string> socket = HostSocket(flags.socket);
  if (!socket.ok()) {
    return socket.status();
  }
  const auto stub = Connect(*socket);
  grpc::ClientContext context;
  context.set_deadline(gpr_time_from_seconds(kPatienceSeconds, GPR_TIMESPAN));
  v1::WatchPoolsRequest request;
  request.set_name(flags.name);
  const auto stream = stub->WatchPools(&context, request);
  v1::PoolsSnapshot snapshot;
  if (stream->Read(&snapshot)) {
    context.TryCancel();
    return snapshot;
  }
  return FromGrpc(stream->Finish(), *socket);
}

absl::StatusOr<v1::Report> FetchReport(const HostFlags& flags, const v1::ExplainRequest& request) {
  const absl::StatusOr<std::string> socket = HostSocket(flags.socket);
  if (!socket.ok()) {
    return socket.status();
  }
  const auto stub = Connect(*socket);
  grpc::ClientContext context;
  context.set_deadline(gpr_time_from_seconds(kPatienceSeconds, GPR_TIMESPAN));
  v1::Report report;
  const grpc::Status status = stub->Explain(&context, request, &report);
  return status.ok() ? absl::StatusOr<v1::Report>(std::move(report)) : FromGrpc(status, *socket);
}

}  // namespace loadline::cli
