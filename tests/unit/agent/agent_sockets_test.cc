// SPDX-License-Identifier: Apache-2.0
// Goal: the agent's sockets keep their protocol, whoever comes and however they leave.
// Method: a whole agent in this process, on a scripted source, a free port and sockets of the
// test's own; clients are gRPC's. Who is asked for is this process itself: the kernel says so.
#include <gmock/gmock.h>
#include <grpc/grpc.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "agent/src/daemon/agent.h"
#include "agent/src/model/session_rules.h"
#include "loadline/steady_clock.h"
#include "loadline/testing/eventually.h"
#include "loadline/testing/scripted_source.h"
#include "loadline/testing/thread_samples.h"
#include "loadline/v1/host.grpc.pb.h"
#include "loadline/v1/self.grpc.pb.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""s;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::ScriptedSource;
using testing::Thread;
using testing::WithCpu;

class AgentSocketsTest : public ::testing::Test {
 protected:
  AgentSocketsTest() {
    char path[] = "/tmp/loadline-test-XXXXXX";  // Short: a socket's path may have 107 characters.
    dir_ = mkdtemp(path);
    auto source = std::make_unique<ScriptedSource>();
    source_ = source.get();
    agent_ = Start(std::move(source));
  }
  ~AgentSocketsTest() override {
    agent_.reset();
    std::filesystem::remove_all(dir_);
  }

  std::unique_ptr<Agent> Start(std::unique_ptr<Source> source) {
    Agent::Options options{.config = {}, .version = "1.2.3"};
    options.config.listen.port = 0;
    options.config.runtime_dir = dir_;
    options.config.refresh = std::chrono::milliseconds{100};
    absl::StatusOr<std::unique_ptr<Agent>> agent =
        Agent::Start(options, std::move(source), SteadyClock::Get());
    EXPECT_TRUE(agent.ok()) << agent.status();
    return agent.ok() ? *std::move(agent) : nullptr;
  }

  std::shared_ptr<grpc::Channel> Channel(const std::string& socket) const {
    grpc::ChannelArguments apart;  // gRPC would share one connection between equal channels.
    apart.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel("unix:" + dir_ + "/" + socket,
                                     grpc::InsecureChannelCredentials(), apart);
  }

  std::string dir_;
  ScriptedSource* source_ = nullptr;
  std::unique_ptr<Agent> agent_;
};

// One stream to the self socket.
class Client {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::Self::NewStub(channel)), stream_(stub_->Session(&context_)) {}

  void Hello(const std::string& service = "orders", std::uint32_t interval_ms = 50) {
    v1::SessionRequest request;
    request.mutable_hello()->set_protocol_version(1);
    request.mutable_hello()->set_service(service);
    request.mutable_hello()->set_signal_interval_ms(interval_ms);
    stream_->Write(request);
  }
  void Pool(const std::string& name, std::uint32_t tid) {
    v1::SessionRequest request;
    request.mutable_pool()->set_name(name);
    request.mutable_pool()->add_tids(tid);
    v1::AddressRange& range = *request.mutable_pool()->add_idle_addresses();
    range.set_start(0x1000);
    range.set_length_bytes(64);
    stream_->Write(request);
  }
  void Limiter(const std::string& name, double limit) {
    v1::SessionRequest request;
    request.mutable_limiter()->set_name(name);
    request.mutable_limiter()->set_limit(limit);
    stream_->Write(request);
  }
  v1::SessionResponse Read() {
    v1::SessionResponse response;
    stream_->Read(&response);
    return response;
  }
  // Reads until a Signals message is as wanted, or the stream ends.
  template <typename Wanted>
  bool ReadUntil(Wanted wanted) {
    v1::SessionResponse response;
    while (stream_->Read(&response)) {
      if (response.has_signals() && wanted(response.signals())) {
        return true;
      }
    }
    return false;
  }
  grpc::Status Leave() {
    stream_->WritesDone();
    return End();
  }
  grpc::Status End() {
    v1::SessionResponse rest;
    while (stream_->Read(&rest)) {
    }
    return stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::Self::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
};

bool HasPool(const v1::Signals& signals, const std::string& name, std::uint64_t on_cpu_ns) {
  return signals.pools_size() == 1 && signals.pools(0).name() == name &&
         signals.pools(0).on_cpu_ns() == on_cpu_ns && signals.pools(0).threads() == 1;
}

TEST_F(AgentSocketsTest, AServiceHearsOfTheThreadsItRegistered) {
  const pid_t self = getpid();
  const auto set_cpu = [&](Clock::Duration on_cpu) {
    source_->Edit([&](HostReading& reading) {
      reading.threads = {WithCpu(Thread(self, 17, "w"), on_cpu),
                         WithCpu(Thread(self + 1, 17, "stranger"), on_cpu * 100)};
    });
  };
  set_cpu(1s);
  Client client(Channel("self.sock"));
  client.Hello("orders", 1);
  const v1::Welcome welcome = client.Read().welcome();
  EXPECT_EQ(welcome.protocol_version(), 1u);
  EXPECT_EQ(welcome.agent_version(), "1.2.3");
  EXPECT_EQ(welcome.signal_interval_ms(), 50u);
  EXPECT_EQ(welcome.source(), "scripted");

  client.Pool("db", 17);
  ASSERT_TRUE(client.ReadUntil([](const auto& signals) { return HasPool(signals, "db", 0); }));
  set_cpu(3s);
  ASSERT_TRUE(
      client.ReadUntil([](const auto& signals) { return HasPool(signals, "db", 2'000'000'000); }));
  EXPECT_THAT(source_->idle_addresses(self), ::testing::SizeIs(1));
  EXPECT_EQ(source_->pools().at(17), 1u);

  EXPECT_TRUE(client.Leave().ok());
  EXPECT_TRUE(Eventually([&] { return source_->idle_addresses(self).empty(); }));
}

TEST_F(AgentSocketsTest, HelloComesFirstAndOnce) {
  Client silent(Channel("self.sock"));
  silent.Pool("db", 1);
  EXPECT_EQ(silent.End().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  Client twice(Channel("self.sock"));
  twice.Hello();
  twice.Hello();
  EXPECT_EQ(twice.End().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(AgentSocketsTest, WhatIsOutOfRangeIsNamedInTheAnswer) {
  Client client(Channel("self.sock"));
  client.Hello();
  client.Pool("two words", 1);
  const grpc::Status status = client.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("pool.name: \"two words\" must be"));
}

TEST_F(AgentSocketsTest, TheNewestSessionOfAProcessWins) {
  Client older(Channel("self.sock"));
  older.Hello();
  older.Read();
  Client newer(Channel("self.sock"));
  newer.Hello();
  newer.Read();
  older.Pool("db", 1);
  EXPECT_EQ(older.End().error_code(), grpc::StatusCode::ABORTED);
  EXPECT_TRUE(newer.Leave().ok());
}

TEST_F(AgentSocketsTest, AFloodWaitsAndCostsNoSession) {
  Client client(Channel("self.sock"));
  client.Hello();
  const auto began_at = SteadyClock::Get().Now();
  for (int i = 0; i < 2 * 2000; ++i) {  // Session::kMessagesMax.
    client.Limiter("l", i);
  }
  client.Pool("last", 17);
  EXPECT_TRUE(client.ReadUntil([](const auto& signals) { return signals.pools_size() == 1; }));
  EXPECT_GE(SteadyClock::Get().Now() - began_at, 1s);
  EXPECT_TRUE(client.Leave().ok());
}

TEST_F(AgentSocketsTest, AServiceWithMoreLimitersThanAreKeptGoesOnHearing) {
  Client client(Channel("self.sock"));
  client.Hello();
  for (int i = 0; i < SessionBounds().limiters_max + 10; ++i) {
    client.Limiter("l" + std::to_string(i), 1);
  }
  client.Pool("db", 17);
  EXPECT_TRUE(client.ReadUntil([](const auto& signals) { return signals.pools_size() == 1; }));
  EXPECT_TRUE(client.Leave().ok());
}

TEST_F(AgentSocketsTest, WatchersSeePoolsWithTheReportsOfTheService) {
  const pid_t self = getpid() + 1;  // The agent leaves itself out, and it is this process.
  source_->Edit([&](HostReading& reading) { reading.threads = {Thread(self, self, "orders")}; });
  const auto stub = v1::Host::NewStub(Channel("agent.sock"));
  grpc::ClientContext context;
  v1::WatchPoolsRequest request;
  request.set_interval_ms(100);
  request.set_process("orders");
  const auto stream = stub->WatchPools(&context, request);
  v1::PoolsSnapshot snapshot;
  do {
    ASSERT_TRUE(stream->Read(&snapshot));
  } while (snapshot.pools_size() == 0);
  EXPECT_EQ(snapshot.pools(0).process(), "orders");
  EXPECT_EQ(snapshot.pools(0).working(), 1u);
  EXPECT_EQ(snapshot.source(), "scripted");
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(AgentSocketsTest, AWatcherOfANameThatNobodyHasIsToldWhichAreLikeIt) {
  const pid_t other = getpid() + 1;
  source_->Edit([&](HostReading& reading) { reading.threads = {Thread(other, other, "orders")}; });
  const auto stub = v1::Host::NewStub(Channel("agent.sock"));
  const auto watch = [&](const std::string& name, v1::PoolsSnapshot& snapshot) {
    grpc::ClientContext context;
    v1::WatchPoolsRequest request;
    request.set_name(name);
    const auto stream = stub->WatchPools(&context, request);
    if (!stream->Read(&snapshot)) {
      return stream->Finish();
    }
    context.TryCancel();
    return grpc::Status::OK;
  };
  v1::PoolsSnapshot snapshot;
  // The first reading may have been before the process was there.
  ASSERT_TRUE(Eventually([&] { return watch(std::to_string(other), snapshot).ok(); }));
  ASSERT_EQ(snapshot.pools_size(), 1);
  EXPECT_EQ(snapshot.pools(0).process(), "orders");
  const grpc::Status status = watch("oders", snapshot);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("near it: orders"));
}

TEST_F(AgentSocketsTest, StoppingEndsOpenStreamsAndRemovesTheSockets) {
  Client client(Channel("self.sock"));
  client.Hello();
  client.Read();
  agent_.reset();
  EXPECT_FALSE(client.End().ok());
  for (const char* file : {"self.sock", "agent.sock", "http.addr"}) {
    EXPECT_FALSE(std::filesystem::exists(dir_ + "/" + file)) << file;
  }
}

TEST_F(AgentSocketsTest, ASecondAgentIsRefusedAndAStaleSocketReplaced) {
  Agent::Options options{.config = {}, .version = ""};
  options.config.listen.port = 0;
  options.config.runtime_dir = dir_;
  const auto second = Agent::Start(options, std::make_unique<ScriptedSource>(), SteadyClock::Get());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("another agent runs in " + dir_));

  // What kill -9 leaves behind: a socket file that nobody listens on.
  const std::string stale = dir_ + "/stale";
  std::filesystem::create_hard_link(dir_ + "/self.sock", stale);
  agent_.reset();
  std::filesystem::rename(stale, dir_ + "/self.sock");
  agent_ = Start(std::make_unique<ScriptedSource>());
  Client client(Channel("self.sock"));
  client.Hello();
  EXPECT_TRUE(client.Read().has_welcome());
  EXPECT_TRUE(client.Leave().ok());
}

TEST_F(AgentSocketsTest, EverybodyMaySpeakToTheSelfSocketAndTheGroupToTheOther) {
  const auto mode = [&](const std::string& file) {
    struct stat entry {};
    stat((dir_ + "/" + file).c_str(), &entry);
    return entry.st_mode & 0777;
  };
  EXPECT_EQ(mode("self.sock"), 0666u);
  EXPECT_EQ(mode("agent.sock"), 0660u);
}

// What `method` answers to an empty message; the code if it fails.
std::pair<grpc::StatusCode, std::string> CallEmpty(const std::shared_ptr<grpc::Channel>& channel,
                                                   const std::string& method) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::Slice nothing;
  const grpc::ByteBuffer empty(&nothing, 1);
  const auto call = stub.PrepareUnaryCall(&context, method, empty, &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice bytes;
  answer.TrySingleSlice(&bytes).ok();
  return {status.error_code(), {reinterpret_cast<const char*>(bytes.begin()), bytes.size()}};
}

TEST_F(AgentSocketsTest, BothSocketsHaveHealthAndReflection) {
  for (const char* socket : {"self.sock", "agent.sock"}) {
    const auto health = CallEmpty(Channel(socket), "/grpc.health.v1.Health/Check");
    EXPECT_EQ(health.first, grpc::StatusCode::OK);
    EXPECT_EQ(health.second, "\x08\x01");  // status: SERVING
    const auto reflection = CallEmpty(
        Channel(socket), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
    EXPECT_NE(reflection.first, grpc::StatusCode::UNIMPLEMENTED);
  }
}

TEST_F(AgentSocketsTest, ASourceThatFailsLeavesTheAgentServing) {
  source_->FailWith(absl::InternalError("no"));
  Client client(Channel("self.sock"));
  client.Hello();
  EXPECT_TRUE(client.Read().has_welcome());
  source_->FailWith(absl::OkStatus());
  client.Pool("db", 1);
  EXPECT_TRUE(client.ReadUntil([](const auto& signals) { return signals.pools_size() == 1; }));
  EXPECT_TRUE(client.Leave().ok());
}

}  // namespace
}  // namespace loadline::agent
