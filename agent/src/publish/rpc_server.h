// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "agent/src/publish/fd.h"
#include "agent/src/publish/peer_identity.h"
#include "agent/src/publish/unix_listener.h"

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace loadline::agent {

// Serves one gRPC service, with health and reflection, on one Unix socket.
//
// It accepts the connections itself, since gRPC does not tell who connected, and hands them on to
// gRPC once `identities` knows them.
//
// Threads: one that accepts; gRPC's own, which run the handlers.
class RpcServer {
 public:
  // `service` and `identities` must outlive the server.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(UnixListener listener,
                                                          grpc::Service& service,
                                                          PeerIdentities& identities);
  // Ends all streams, and waits for their handlers.
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  const std::string& path() const { return listener_.path(); }

  // Connections that were closed at once, since too many are open.
  std::uint64_t refused_total() const { return refused_total_; }

 private:
  RpcServer(UnixListener listener, Fd stop, std::unique_ptr<grpc::Server> server,
            PeerIdentities& identities);

  void AcceptUntilStopped();
  void Accept();

  UnixListener listener_;
  Fd stop_;  // An eventfd: readable when it is time to go.
  PeerIdentities& identities_;
  std::unique_ptr<grpc::Server> server_;
  std::atomic<std::uint64_t> refused_total_ = 0;  // Relaxed would do: a number for a gauge.
  std::thread thread_;
};

}  // namespace loadline::agent
