// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "loadline/detail/mutex.h"
#include "loadline/v1/self.grpc.pb.h"

namespace loadline::testing {

// An agent's self socket without an agent: keeps what services say, and says what it is told to.
//
// Thread safety: any.
class FakeAgent final : public v1::Self::Service {
 public:
  explicit FakeAgent(const std::string& socket) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeAgent() override { server_->Shutdown(std::chrono::system_clock::time_point{}); }

  // Whether a session begins with a welcome.
  std::atomic<bool> polite{true};

  // Whether it ends when it has heard who calls.
  std::atomic<bool> hangs_up{false};

  // Sends to every open session.
  void Send(const v1::SessionResponse& response) {
    detail::MutexLock lock(mutex_);
    for (Stream* stream : streams_) {
      stream->Write(response);
    }
  }

  std::vector<v1::SessionRequest> heard() const {
    detail::MutexLock lock(mutex_);
    return heard_;
  }

 private:
  using Stream = grpc::ServerReaderWriter<v1::SessionResponse, v1::SessionRequest>;

  grpc::Status Session(grpc::ServerContext*, Stream* stream) override {
    if (polite) {
      v1::SessionResponse welcome;
      welcome.mutable_welcome()->set_source("fake");
      stream->Write(welcome);
    }
    v1::SessionRequest request;
    if (hangs_up) {
      stream->Read(&request);
      return grpc::Status::OK;
    }
    {
      detail::MutexLock lock(mutex_);
      streams_.push_back(stream);
    }
    while (stream->Read(&request)) {
      detail::MutexLock lock(mutex_);
      heard_.push_back(request);
    }
    detail::MutexLock lock(mutex_);
    std::erase(streams_, stream);
    return grpc::Status::OK;
  }

  mutable detail::Mutex mutex_;
  std::vector<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::SessionRequest> heard_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace loadline::testing
