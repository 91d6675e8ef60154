// SPDX-License-Identifier: Apache-2.0
//
// Goal: whatever the agent does, the process only gains or loses a source of signals.
// Method: a fake agent on a real Unix socket; every wait is for a state, with a bound.
#include "loadline/agent_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>

#include "loadline/control_thread.h"
#include "loadline/steady_clock.h"
#include "loadline/testing/eventually.h"
#include "loadline/testing/fake_agent.h"
#include "loadline/testing/temp_dir.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;
using testing::Eventually;
using testing::FakeAgent;

class AgentClientTest : public ::testing::Test {
 protected:
  void StartAgent() { agent_.emplace(socket_); }
  void StartClient() { client_ = *AgentClient::Start({.service = "shop", .socket = socket_}); }
  bool Connected(std::int64_t sessions = 1) {
    return Eventually([&] {
      const AgentConnection connection = client_->connection();
      return connection.connected && connection.sessions_total >= sessions;
    });
  }
  bool Heard(v1::SessionRequest::WhatCase what) {
    return Eventually([&] {
      const auto heard = agent_->heard();
      return std::any_of(heard.begin(), heard.end(),
                         [&](const auto& request) { return request.what_case() == what; });
    });
  }

  // Totals of the pool "worker" that grow by 5 ms of CPU per call; sent until Read() answers.
  std::optional<Signal> NextSignal() {
    std::optional<Signal> signal;
    EXPECT_TRUE(Eventually([&] {
      v1::SessionResponse response;
      v1::PoolSignal& pool = *response.mutable_signals()->add_pools();
      pool.set_name("worker");
      pool.set_threads(8);
      on_cpu_ns_ += 5'000'000;
      pool.set_on_cpu_ns(on_cpu_ns_);
      pool.set_taken_at_ns(
          static_cast<std::uint64_t>(SteadyClock::Get().Now().time_since_epoch().count()));
      agent_->Send(response);
      signal = client_->Read("worker", SteadyClock::Get().Now());
      return signal.has_value();
    }));
    return signal;
  }

  testing::TempDir dir_;
  const std::string socket_ = dir_.path() + "/self.sock";
  std::optional<FakeAgent> agent_;
  std::unique_ptr<ThreadPool> pool_ = *ThreadPool::Create({.name = "worker"});
  std::unique_ptr<Limiter> limiter_ = *Limiter::Create({.name = "checkout", .pool = "worker"});
  std::unique_ptr<AgentClient> client_;
  std::uint64_t on_cpu_ns_ = 0;
};

TEST_F(AgentClientTest, RegistersReportsAndHearsSignals) {
  StartAgent();
  StartClient();
  client_->AddPool(*pool_);
  client_->AddLimiter(*limiter_);
  ASSERT_TRUE(Connected());
  EXPECT_EQ(client_->connection().source, "fake");
  EXPECT_TRUE(Heard(v1::SessionRequest::kPool));
  EXPECT_TRUE(Heard(v1::SessionRequest::kPoolReport));
  EXPECT_TRUE(Heard(v1::SessionRequest::kLimiter));
  EXPECT_EQ(agent_->heard()[0].hello().service(), "shop");

  const std::optional<Signal> signal = NextSignal();
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->step, SignalStep::kStream);
  EXPECT_GE(signal->counters.on_cpu, 5ms);
}

TEST_F(AgentClientTest, AChildOfForkMayDestroyItsCopy) {
  StartAgent();
  StartClient();
  ASSERT_TRUE(Connected());
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    client_.reset();
    _exit(0);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(client_->connection().connected);
}

TEST_F(AgentClientTest, FindsAnAgentThatComesLater) {
  StartClient();
  ASSERT_TRUE(Eventually([&] { return !client_->connection().error.empty(); }));
  EXPECT_FALSE(client_->connection().connected);
  StartAgent();
  EXPECT_TRUE(Connected());
}

TEST_F(AgentClientTest, PicksUpANewAgentByItselfWithoutANegativeDifference) {
  StartAgent();
  StartClient();
  client_->AddPool(*pool_);
  ASSERT_TRUE(Connected());
  ASSERT_TRUE(NextSignal());
  agent_.reset();
  ASSERT_TRUE(Eventually([&] { return !client_->connection().connected; }));

  on_cpu_ns_ = 0;
  StartAgent();
  ASSERT_TRUE(Connected(2));
  EXPECT_TRUE(Heard(v1::SessionRequest::kPool)) << "the new agent knows nothing of us";
  const std::optional<Signal> signal = NextSignal();
  ASSERT_TRUE(signal);
  EXPECT_GT(signal->counters.on_cpu, 0ms);
  EXPECT_LT(signal->counters.on_cpu, Clock::Duration{on_cpu_ns_});
}

TEST_F(AgentClientTest, SignalsBeforeAWelcomeAreNotBelieved) {
  StartAgent();
  agent_->polite = false;
  StartClient();
  client_->AddPool(*pool_);
  ASSERT_TRUE(Heard(v1::SessionRequest::kHello));
  bool answered = false;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    v1::SessionResponse response;
    v1::PoolSignal& pool = *response.mutable_signals()->add_pools();
    pool.set_name("worker");
    pool.set_taken_at_ns(i);
    agent_->Send(response);
    answered = answered || client_->Read("worker", SteadyClock::Get().Now()).has_value();
  }
  // Messages are heard in order: once this one is, all of those were.
  v1::SessionResponse welcome;
  welcome.mutable_welcome()->set_source("late");
  agent_->Send(welcome);
  EXPECT_TRUE(Eventually([&] {
    answered = answered || client_->Read("worker", SteadyClock::Get().Now()).has_value();
    return client_->connection().connected;
  }));
  EXPECT_FALSE(answered);
}

TEST_F(AgentClientTest, AnAgentThatHangsUpAfterItsWelcomeIsAskedEverLessOften) {
  StartAgent();
  agent_->hangs_up = true;
  StartClient();
  const auto sessions = [&] { return client_->connection().sessions_total; };
  ASSERT_TRUE(Eventually([&] { return sessions() >= 1; }));
  const std::int64_t before = sessions();
  const Clock::Time begin = SteadyClock::Get().Now();
  ASSERT_TRUE(Eventually([&] { return sessions() >= before + 5; }));
  // At least half of 200, 400, 800 and 1600 ms: the first of the five may have been under way.
  EXPECT_GE(SteadyClock::Get().Now() - begin, 1500ms);
}

// A socket that accepts and never says a word.
class SilentListener {
 public:
  explicit SilentListener(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
  }
  ~SilentListener() { close(fd_); }

 private:
  const int fd_;
};

TEST_F(AgentClientTest, AnAgentThatNeverAnswersHoldsUpNobody) {
  const SilentListener frozen(socket_);
  StartClient();
  client_->AddPool(*pool_);
  client_->AddLimiter(*limiter_);
  EXPECT_FALSE(client_->Read("worker", SteadyClock::Get().Now()));
  EXPECT_TRUE(limiter_->TryAcquire());
  client_->RemoveLimiter(*limiter_);
  client_->RemovePool(*pool_);
  const Clock::Time before = SteadyClock::Get().Now();
  client_.reset();
  EXPECT_LT(SteadyClock::Get().Now() - before, std::chrono::seconds{5});
}

TEST_F(AgentClientTest, WhatIsDetachedIsNotReportedAnyMore) {
  StartAgent();
  StartClient();
  {
    auto control = *ControlThread::Start({.stream = client_.get()});
    const Attachment pool_attached = control->Attach(*pool_);
    const Attachment limiter_attached = control->Attach(*limiter_);
    EXPECT_TRUE(Heard(v1::SessionRequest::kLimiter));
  }
  limiter_.reset();
  pool_.reset();
  EXPECT_TRUE(Heard(v1::SessionRequest::kThreads)) << "its threads left";
}

TEST(AgentClientOptionsTest, AServiceNeedsAName) {
  const absl::Status status = AgentClient::Start({.service = ""}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace loadline
