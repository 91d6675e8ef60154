// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/rpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_posix.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"

namespace loadline::agent {
namespace {

// The largest honest message registers a process's 4096 threads: 20 KiB.
constexpr int kMessageBytesMax = 256 * 1024;
constexpr int kStreamsMax = 16;           // Of a connection: each holds some KiB, honest or not.
constexpr int kSilenceMaxMs = 60 * 1000;  // Of a connection without a stream.

std::unique_ptr<grpc::Server> BuildServer(grpc::Service& service) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kSilenceMaxMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
  // For reflection only, which has the synchronous interface.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  return builder.BuildAndStart();
}

}  // namespace

RpcServer::RpcServer(UnixListener listener, Fd stop, std::unique_ptr<grpc::Server> server,
                     PeerIdentities& identities)
    : listener_(std::move(listener)),
      stop_(std::move(stop)),
      identities_(identities),
      server_(std::move(server)),
      thread_([this] { AcceptUntilStopped(); }) {}

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(UnixListener listener,
                                                            grpc::Service& service,
                                                            PeerIdentities& identities) {
  Fd stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.valid()) {
    return absl::ErrnoToStatus(errno, "eventfd");
  }
  std::unique_ptr<grpc::Server> server = BuildServer(service);
  if (server == nullptr) {
    return absl::InternalError("gRPC cannot start a server");
  }
  return std::unique_ptr<RpcServer>(
      new RpcServer(std::move(listener), std::move(stop), std::move(server), identities));
}

RpcServer::~RpcServer() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
  server_->Shutdown(gpr_inf_past(GPR_CLOCK_REALTIME));  // A stream would never end by itself.
  server_->Wait();
}

void RpcServer::AcceptUntilStopped() {
  pollfd events[] = {{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                     {.fd = listener_.fd(), .events = POLLIN, .revents = 0}};
  while (events[0].revents == 0) {
    if (poll(events, 2, -1) > 0 && events[1].revents != 0) {
      Accept();
    }
  }
}

void RpcServer::Accept() {
  Fd accepted = listener_.Accept(stop_);
  if (!accepted.valid()) {
    return;
  }
  absl::StatusOr<Fd> known = identities_.Admit(std::move(accepted));
  if (!known.ok()) {
    ++refused_total_;
    return;
  }
  grpc::AddInsecureChannelFromFd(server_.get(), known->Release());
}

}  // namespace loadline::agent
