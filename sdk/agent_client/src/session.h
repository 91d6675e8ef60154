// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "loadline/v1/self.grpc.pb.h"

namespace loadline {

// One connection to an agent, from dialling to the loss.
//
// Thread safety: Open(), Write() and End() from one thread; Cancel() and over() from any, Cancel()
// also before Open().
class Session {
 public:
  using OnResponse = std::function<void(const v1::SessionResponse&)>;

  // `on_response` is called for each message, by a thread of the session's own.
  explicit Session(OnResponse on_response) : on_response_(std::move(on_response)) {}
  ~Session() { End(); }

  // Dials, waiting while the other side does not answer; Cancel() ends that. Throws
  // std::system_error where the thread cannot be started.
  void Open(const std::string& socket);

  // False: the session is over. Waits while the agent does not read; Cancel() ends that.
  bool Write(const v1::SessionRequest& request);

  void Cancel() { context_.TryCancel(); }

  // The agent is gone, or Cancel() was called.
  bool over() const { return over_.load(std::memory_order_acquire); }

  // Ends it, if it is not over, and says why it is.
  std::string End();

 private:
  void Listen();

  grpc::ClientContext context_;
  const OnResponse on_response_;
  std::unique_ptr<v1::Self::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
  std::atomic<bool> over_{false};
  std::string error_;  // The listener's, until it is joined.
  std::thread listener_;
};

}  // namespace loadline
