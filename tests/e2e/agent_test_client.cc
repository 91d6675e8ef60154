// SPDX-License-Identifier: Apache-2.0
// A service as small as can be, for the agent's end-to-end tests.
//
//     agent_test_client SOCKET SERVICE POOL THREADS [TID...]
//
// Registers THREADS threads of its own, half of them busy and half waiting on a condition, and the
// TIDs, which are somebody else's. Prints a line of JSON when it is welcome, with its own tids, and
// for each message of signals; ends when its standard input does. When the stream ends first, the
// last line has the code and the message, and the exit code is 1.
#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "loadline/v1/self.grpc.pb.h"

namespace {

namespace v1 = loadline::v1;

class Workers {
 public:
  explicit Workers(int count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, busy = i % 2 == 0] { Work(busy); });
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return tids_.size() == static_cast<std::size_t>(count); });
  }
  ~Workers() {
    {
      const std::scoped_lock lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  std::vector<pid_t> tids() const { return tids_; }

 private:
  void Work(bool busy) {
    std::unique_lock lock(mutex_);
    tids_.push_back(gettid());
    changed_.notify_all();
    if (!busy) {
      changed_.wait(lock, [&] { return stopped_.load(); });
      return;
    }
    lock.unlock();
    while (!stopped_) {
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<pid_t> tids_;
  std::atomic<bool> stopped_ = false;
  std::vector<std::thread> threads_;
};

void Print(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  if (google::protobuf::util::MessageToJsonString(message, &json, options).ok()) {
    std::cout << json << std::endl;  // Flushed: the test reads along.
  }
}

void EndWithStandardInput(grpc::ClientContext& context, std::atomic<bool>& ended) {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  char byte = 0;
  do {
    poll(&input, 1, -1);
  } while (read(STDIN_FILENO, &byte, 1) > 0);
  ended = true;
  context.TryCancel();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: agent_test_client SOCKET SERVICE POOL THREADS [TID...]\n";
    return 2;
  }
  const Workers workers(std::atoi(argv[4]));
  const auto stub = v1::Self::NewStub(
      grpc::CreateChannel(std::string("unix:") + argv[1], grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto stream = stub->Session(&context);
  v1::SessionRequest request;
  request.mutable_hello()->set_protocol_version(1);
  request.mutable_hello()->set_service(argv[2]);
  stream->Write(request);
  v1::PoolRegistration& pool = *request.mutable_pool();
  pool.set_name(argv[3]);
  for (const pid_t tid : workers.tids()) {
    pool.add_tids(static_cast<std::uint32_t>(tid));
  }
  Print(pool);
  for (int i = 5; i < argc; ++i) {
    pool.add_tids(static_cast<std::uint32_t>(std::atoi(argv[i])));
  }
  stream->Write(request);
  v1::LimiterReport& limiter = *request.mutable_limiter();
  limiter.set_name("checkout");
  limiter.set_limit(10);
  limiter.set_admitted_total(5);
  stream->Write(request);

  std::atomic<bool> ended = false;
  std::thread watch([&] { EndWithStandardInput(context, ended); });
  v1::SessionResponse response;
  while (stream->Read(&response)) {
    Print(response);
  }
  const grpc::Status status = stream->Finish();
  if (!ended) {
    std::cout << status.error_code() << " " << status.error_message() << std::endl;
    std::_Exit(1);  // The watch waits for an input that does not end.
  }
  watch.join();
  return 0;
}
