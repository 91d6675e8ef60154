// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <algorithm>
#include <utility>

namespace loadline::sim {
namespace {

constexpr Ns kTick = 100 * kMillisecond;

bool HasLock(const Scenario& scenario) {
  return std::any_of(scenario.classes.begin(), scenario.classes.end(),
                     [](const RequestClass& each) { return !each.hold.empty(); });
}

}  // namespace

World::World(const Scenario& scenario, control::ControlLaw* law, const PlayOptions& options)
    : scenario_(scenario),
      law_(law),
      options_(options),
      has_clients_(scenario.clients.timeout > 0 || scenario.clients.attempts > 1 ||
                   scenario.arrivals.kind == Arrivals::Kind::kClosed),
      has_lock_(HasLock(scenario)),
      processor_(scenario.cpu, events_, requests_, ledger_),
      pool_(scenario.pool, requests_, ledger_),
      admission_(scenario.deadline),
      front_(scenario, options.queue && law != nullptr, options.seed),
      arrivals_(scenario.arrivals, options.seed),
      signals_(scenario.signals, options.step, options.seed),
      recorder_(scenario, options.series),
      client_stream_(StreamSeed(options.seed, "client")),
      service_stream_(StreamSeed(options.seed, "service")),
      call_stream_(StreamSeed(options.seed, "call")),
      nested_stream_(StreamSeed(options.seed, "nested")),
      backoff_(StreamSeed(options.seed, "backoff")) {
  admission_.set_limit(law_ != nullptr ? law_->decision().limit : options.fixed_limit);
  if (scenario.clients.budget > 0) {
    auto budget = control::RetryBudget::Create(
        {.ratio = scenario.clients.budget,
         .backoff_ms = static_cast<double>(scenario.clients.backoff) / 1e6,
         .attempts_max = static_cast<double>(scenario.clients.attempts),
         .seed = static_cast<double>(StreamSeed(options.seed, "retry budget") >> 34)});
    if (budget.ok()) {  // As Validate() has made sure.
      retry_budget_.emplace(*budget);
    }
  }
  if (scenario.pool.adaptive) {
    const absl::StatusOr<control::PoolSizer> sizer =
        control::PoolSizer::Create({.threads_max = scenario.pool.threads_max,
                                    .threads_initial = scenario.pool.threads,
                                    .task_deadline = Clock::Duration{scenario.deadline}});
    if (sizer.ok()) {  // Else the pool keeps its size: Validate() lets no such scenario through.
      sizer_.emplace(*sizer);
    }
  }
  for (const Dependency& dependency : scenario.dependencies) {
    calls_.emplace_back(dependency, static_cast<std::uint8_t>(calls_.size()), events_, requests_);
  }
}

Recording World::Play() {
  processor_.Start();
  for (CallQueue& call : calls_) {
    call.Start();
  }
  events_.Push(kTick, EventKind::kTick);
  if (const Ns first = arrivals_.Next(); first != kNever) {
    events_.Push(first, EventKind::kArrival);
  }
  for (int user = 0; user < scenario_.arrivals.users; ++user) {
    events_.Push(scenario_.arrivals.think.Sample(backoff_), EventKind::kUser);
  }
  while (!events_.empty() && events_.top().at < scenario_.end) {
    const Event event = events_.Pop();
    now_ = event.at;
    ++recorder_.recording().events;
    Handle(event);
  }
  return std::move(recorder_.recording());
}

void World::Handle(const Event& event) {
  switch (event.kind) {
    case EventKind::kArrival:
      return OnArrival();
    case EventKind::kUser:
      return NewRequest();
    case EventKind::kCoreDone:
      if (const std::uint32_t done = processor_.OnCoreDone(event.index, event.generation, now_);
          done != kNone) {
        OnCoreDone(done);
      }
      return;
    case EventKind::kHoldDone:
      return OnHoldDone(event.index);
    case EventKind::kCallDone:
      calls_[event.tag].OnDone(now_);
      return Current(event) ? OnCallDone(event.index, false) : void();
    case EventKind::kCallTimeout:
      return Current(event) ? OnCallDone(event.index, true) : void();
    case EventKind::kClientTimeout:
      return clients_[event.index].generation == event.generation ? OnClientTimeout(event.index)
                                                                  : void();
    case EventKind::kRetry:
      return Attempt(event.index);
    case EventKind::kTick:
      return OnTick();
    case EventKind::kSpeed:
      return processor_.OnSpeed(event.index, now_);
    case EventKind::kQuotaPeriod:
      return processor_.OnQuotaPeriod(now_);
    case EventKind::kQuotaSpent:
      return processor_.OnQuotaSpent(event.generation, now_);
    case EventKind::kServers:
      return calls_[event.index].OnServers(now_);
  }
}

void World::Send(const Identity& who, std::uint64_t number, std::uint32_t client) {
  ++recorder_.recording().attempts;
  admission_.CountArrival();
  const std::uint32_t index = requests_.Take();
  Request& request = requests_[index];
  request.sent_at = now_;
  request.number = number;
  request.phases = who.phases;
  request.level = who.level;
  request.tenant = who.tenant;
  request.client = client;
  if (client != kNone) {
    request.client_generation = clients_[client].generation;
    clients_[client].request = index;
    clients_[client].request_generation = request.generation;
  }
  const int attempt = client == kNone ? 1 : clients_[client].attempts;
  const Front::Answer answer = front_.Arrive(requests_, index, attempt, admission_, now_);
  if (answer.instead != kNone) {
    Refuse(answer.instead);
  }
  switch (answer.verdict) {
    case Front::Verdict::kEnter:
      return Admit(index);
    case Front::Verdict::kRefuse:
      return Refuse(index);
    case Front::Verdict::kWait:
      return;
  }
}

// Fills free places from the queue in front of the limit.
void World::LetIn() {
  for (Front::Next next = front_.Leave(requests_, admission_, now_); next.request != kNone;
       next = front_.Leave(requests_, admission_, now_)) {
    if (next.verdict == Front::Verdict::kEnter) {
      Admit(next.request);
    } else {
      Refuse(next.request);
    }
  }
}

void World::Refuse(std::uint32_t index) {
  const Request& request = requests_[index];
  const Identity who{request.sent_at, request.phases, request.level, request.tenant};
  admission_.CountRejected();
  recorder_.TurnedAway(who, now_);
  const std::uint32_t client = request.client;
  const std::uint32_t generation = request.client_generation;
  requests_.Release(index);
  if (client == kNone) {
    recorder_.Refused(who);
  } else if (clients_[client].generation == generation) {
    TryAgainOrGiveUp(client, true);
  }
}

void World::Admit(std::uint32_t index) {
  Request& request = requests_[index];
  request.admitted_at = now_;
  request.epoch = admission_.Admitted(now_);
  recorder_.Admitted({request.sent_at, request.phases, request.level, request.tenant}, now_);
  Draw(request);
  request.step = Request::Step::kPool;
  switch (pool_.Take(index, now_)) {
    case ThreadPool::Given::kThread:
      return Begin(index);
    case ThreadPool::Given::kQueued:
      return;
    case ThreadPool::Given::kRefused:
      admission_.Finish(Outcome::kIgnored, now_, request.epoch, now_);
      return Refuse(index);
  }
}

control::Window World::CloseWindow() {
  control::Window window = admission_.CloseWindow(now_);
  SignalFeed::Reading reading = signals_.Take(ledger_, finished_, now_);
  window.signal = reading.signal;
  window.signal_requests = reading.requests;
  window.cpus = processor_.EffectiveCpus(now_);
  window.queued = front_.waiting();
  return window;
}

void World::OnTick() {
  events_.Push(now_ + kTick, EventKind::kTick);
  const control::Window window = CloseWindow();
  control::Decision decision{.limit = admission_.limit(), .reason = control::Reason::kFixed};
  if (law_ != nullptr) {
    decision = law_->OnTick(window);
    admission_.set_limit(decision.limit);
  }
  front_.OnTick(window, law_, now_);
  if (sizer_) {
    ResizePool(window);
  }
  LetIn();
  recorder_.Add({.at = now_,
                 .limit = admission_.limit(),
                 .in_flight = window.in_flight,
                 .in_flight_max = window.in_flight_max,
                 .queued = window.queued,
                 .threads = pool_.threads(),
                 .arrivals = window.arrivals,
                 .completed = window.completed,
                 .reason = decision.reason,
                 .bottleneck = decision.bottleneck,
                 .modifier = decision.modifier,
                 .binding = law_ != nullptr ? law_->state().binding : control::Binding{}});
}

// As the SDK's ControlThread does for a pool of its own.
void World::ResizePool(const control::Window& window) {
  pool_window_.now = window.now;
  pool_window_.span = window.span;
  pool_window_.threads = pool_.threads();
  pool_window_.threads_active = pool_.active();
  pool_window_.threads_active_max = pool_.TakeActiveMax();
  pool_window_.queued = pool_.queued();
  pool_window_.signal = window.signal;
  pool_window_.cpus = window.cpus;
  pool_window_.limit = admission_.limited() ? static_cast<int>(admission_.limit()) : 0;
  pool_window_.limit_binds = admission_.limited() && window.rejected > 0;
  pool_.Resize(sizer_->OnTick(pool_window_).threads);
  pool_window_ = {};
  StartQueuedTasks();
}

void World::StartQueuedTasks() {
  if (!pool_.bounded()) {
    return;
  }
  for (std::uint32_t next = pool_.Next(now_); next != kNone; next = pool_.Next(now_)) {
    Begin(next);
  }
}

Recording Play(const Scenario& scenario, control::ControlLaw* law, const PlayOptions& options) {
  return World(scenario, law, options).Play();
}

}  // namespace loadline::sim
