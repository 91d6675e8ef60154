// SPDX-License-Identifier: Apache-2.0
#include "loadline/agent_client.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "loadline/detail/environment.h"
#include "loadline/detail/fork_watch.h"
#include "loadline/detail/mutex.h"
#include "loadline/detail/service_thread.h"
#include "loadline/rules.h"
#include "sdk/agent_client/src/backoff.h"
#include "sdk/agent_client/src/messages.h"
#include "sdk/agent_client/src/outbox.h"
#include "sdk/agent_client/src/session.h"
#include "sdk/agent_client/src/signal_totals.h"

namespace loadline {
namespace {

// How soon a new thread of a pool is told to the agent, which until then counts it by its name.
constexpr Clock::Duration kWriteEvery = std::chrono::milliseconds{100};

// The first socket that exists, else "".
std::string FindSocket(const std::string& wanted) {
  const std::vector<std::string> paths =
      wanted.empty() ? detail::AgentSocketPaths() : std::vector<std::string>{wanted};
  const auto found = std::find_if(paths.begin(), paths.end(), [](const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
  });
  return found == paths.end() ? "" : *found;
}

}  // namespace

class AgentClient::Impl {
 public:
  explicit Impl(const AgentClientOptions& options)
      : options_(options),
        clock_(*options.clock),
        outbox_(options.service),
        backoff_(static_cast<std::uint32_t>(getpid()) ^
                 static_cast<std::uint32_t>(clock_.Now().time_since_epoch().count())),
        thread_(detail::StartServiceThread("loadline-agent", [this] { Run(); })) {}

  ~Impl() {
    {
      detail::MutexLock lock(mutex_);
      stopping_ = true;
      if (session_ != nullptr) {
        session_->Cancel();  // A write may be waiting for an agent that does not read.
      }
    }
    stop_.NotifyAll();
    thread_.join();
  }

  bool in_child() const { return fork_watch_.in_child(); }
  Outbox& outbox() { return outbox_; }

  AgentConnection connection() const {
    detail::MutexLock lock(mutex_);
    return connection_;
  }

  std::optional<Signal> Read(std::string_view pool) {
    detail::MutexLock lock(mutex_);
    return totals_.Take(pool);
  }

 private:
  void Run() {
    do {
      const std::string socket = FindSocket(options_.socket);
      if (socket.empty()) {
        Lost(socket, "no agent's socket was found");
        continue;
      }
      try {
        Lost(socket, Talk(socket));
      } catch (const std::system_error&) {
        Lost(socket, "no thread could be started");
      }
    } while (!Wait(Pause()));
  }

  struct Forget {
    Impl& self;
    ~Forget() { self.SetSession(nullptr); }
  };

  // One session, from dialling to its end. Answers why it ended.
  std::string Talk(const std::string& socket) {
    outbox_.Restart();
    Session session([this](const v1::SessionResponse& response) { OnResponse(response); });
    SetSession(&session);  // Before it dials: whoever stops us must be able to cancel that.
    const Forget forget{*this};
    session.Open(socket);
    bool open = true;
    while (open && !session.over()) {
      for (const v1::SessionRequest& request : outbox_.Take(clock_.Now())) {
        open = open && session.Write(request);
      }
      open = open && !Wait(kWriteEvery);
    }
    return session.End();
  }

  void OnResponse(const v1::SessionResponse& response) {
    detail::MutexLock lock(mutex_);
    if (response.has_welcome()) {
      totals_.Restart();
      welcomed_at_ = clock_.Now();
      connection_.connected = true;
      connection_.source = response.welcome().source();
      connection_.error.clear();
      ++connection_.sessions_total;
    }
    if (connection_.connected) {  // Before the welcome it is no agent of ours.
      for (const v1::PoolSignal& signal : response.signals().pools()) {
        totals_.Add(signal.name(), TotalsOf(signal), clock_.Now());
      }
    }
  }

  void Lost(const std::string& socket, std::string error) {
    detail::MutexLock lock(mutex_);
    // Not at the welcome: an agent that then hangs up would be met ten times a second.
    if (connection_.connected && clock_.Now() - welcomed_at_ >= Backoff::kMost) {
      backoff_.Reset();
    }
    connection_.connected = false;
    connection_.socket = socket;
    connection_.error = std::move(error);
    totals_.Restart();
  }

  Clock::Duration Pause() {
    detail::MutexLock lock(mutex_);
    return backoff_.Next();
  }

  void SetSession(Session* session) {
    detail::MutexLock lock(mutex_);
    session_ = session;
    if (session != nullptr && stopping_) {
      session->Cancel();
    }
  }

  // Whether to stop, after `time` or as soon as that is known.
  bool Wait(Clock::Duration time) {
    detail::MutexLock lock(mutex_);
    if (!stopping_ && time > Clock::Duration::zero()) {
      stop_.WaitFor(mutex_, time);
    }
    return stopping_;
  }

  const detail::ForkWatch fork_watch_;
  const AgentClientOptions options_;
  const Clock& clock_;
  Outbox outbox_;

  mutable detail::Mutex mutex_;
  detail::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Session* session_ ABSL_GUARDED_BY(mutex_) = nullptr;
  SignalTotals totals_ ABSL_GUARDED_BY(mutex_);
  AgentConnection connection_ ABSL_GUARDED_BY(mutex_);
  Clock::Time welcomed_at_ ABSL_GUARDED_BY(mutex_);
  Backoff backoff_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<AgentClient>> AgentClient::Start(const AgentClientOptions& options) {
  if (absl::Status status = CheckName("service name", options.service); !status.ok()) {
    return status;
  }
  if (options.clock == nullptr) {
    return absl::InvalidArgumentError("agent client: clock: must not be null");
  }
  try {
    return std::unique_ptr<AgentClient>(new AgentClient(std::make_unique<Impl>(options)));
  } catch (const std::system_error&) {
    return absl::ResourceExhaustedError("agent client: its thread could not be started");
  }
}

AgentClient::AgentClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AgentClient::~AgentClient() {
  if (impl_->in_child()) {
    static_cast<void>(impl_.release());  // Its threads, and gRPC's, are the parent's.
  }
}

AgentConnection AgentClient::connection() const { return impl_->connection(); }

std::optional<Signal> AgentClient::Read(std::string_view pool, Clock::Time) {
  return impl_->Read(pool);
}
void AgentClient::AddPool(ThreadPool& pool) { impl_->outbox().Add(pool); }
void AgentClient::RemovePool(ThreadPool& pool) { impl_->outbox().Remove(pool); }
void AgentClient::AddLimiter(Limiter& limiter) { impl_->outbox().Add(limiter); }
void AgentClient::RemoveLimiter(Limiter& limiter) { impl_->outbox().Remove(limiter); }

}  // namespace loadline
