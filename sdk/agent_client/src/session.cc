// SPDX-License-Identifier: Apache-2.0
#include "sdk/agent_client/src/session.h"

#include "loadline/detail/service_thread.h"

namespace loadline {
namespace {

// Against a socket that accepts and says nothing; gRPC's own bound is 20 s.
constexpr int kDialMaxMs = 2000;

std::unique_ptr<v1::Self::Stub> Dial(const std::string& socket) {
  grpc::ChannelArguments arguments;
  // A channel of our own for each attempt: a shared one would bring its own, slower backoff.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kDialMaxMs);  // Also bounds the dialling.
  return v1::Self::NewStub(
      grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace

void Session::Open(const std::string& socket) {
  stub_ = Dial(socket);
  stream_ = stub_->Session(&context_);
  listener_ = detail::StartServiceThread("loadline-listen", [this] { Listen(); });
}

std::string Session::End() {
  if (listener_.joinable()) {
    Cancel();
    listener_.join();
  }
  return error_;
}

void Session::Listen() {
  v1::SessionResponse response;
  while (stream_->Read(&response)) {
    on_response_(response);
  }
  const grpc::Status status = stream_->Finish();
  error_ = status.ok() ? "the agent closed the session" : status.error_message();
  over_.store(true, std::memory_order_release);
}

bool Session::Write(const v1::SessionRequest& request) { return stream_->Write(request); }

}  // namespace loadline
