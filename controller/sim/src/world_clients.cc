// SPDX-License-Identifier: Apache-2.0
// World, as its clients see it: who asks, who waits, who gives up and who tries again.
#include <algorithm>

#include "world.h"

namespace loadline::sim {
namespace {

constexpr std::uint64_t kAttemptsPerNumber = 16;

std::uint8_t Choose(const std::vector<double>& shares, double luck) {
  for (std::size_t i = 0; i + 1 < shares.size(); ++i) {
    luck -= shares[i];
    if (luck < 0) {
      return static_cast<std::uint8_t>(i);
    }
  }
  return static_cast<std::uint8_t>(shares.empty() ? 0 : shares.size() - 1);
}

}  // namespace

void World::OnArrival() {
  for (int i = 0; i < scenario_.arrivals.batch; ++i) {
    NewRequest();
  }
  if (const Ns next = arrivals_.Next(); next != kNever) {
    events_.Push(next, EventKind::kArrival);
  }
}

void World::NewRequest() {
  const std::uint64_t number = next_number_++;
  Identity who{.arrived_at = now_, .phases = recorder_.PhasesAt(now_)};
  if (!scenario_.levels.empty() || !scenario_.tenants.empty()) {
    Random random = Random::ForItem(client_stream_, number);
    who.level = Choose(scenario_.levels, random.Uniform());
    who.tenant = Choose(scenario_.tenants, random.Uniform());
  }
  recorder_.Offered(who);
  if (!has_clients_) {
    return Send(who, number * kAttemptsPerNumber, kNone);
  }
  const std::uint32_t client = clients_.Take();
  clients_[client].who = who;
  clients_[client].number = number;
  if (retry_budget_) {
    retry_budget_->OnFirstAttempt(Clock::Time{Clock::Duration{now_}});
  }
  Attempt(client);
}

void World::Attempt(std::uint32_t index) {
  Client& client = clients_[index];
  const std::uint64_t number =
      client.number * kAttemptsPerNumber + static_cast<std::uint64_t>(client.attempts);
  ++client.attempts;
  ++client.generation;
  client.request = kNone;
  if (scenario_.clients.timeout > 0) {
    events_.Push(now_ + scenario_.clients.timeout, EventKind::kClientTimeout, index,
                 client.generation);
  }
  Send(client.who, number, index);
}

void World::Answer(const Request& request, bool answered) {
  const Identity who{request.sent_at, request.phases, request.level, request.tenant};
  const bool in_time = now_ - request.sent_at <= scenario_.deadline;
  if (request.client == kNone) {
    if (answered && in_time) {
      recorder_.Good(who);
    }
    return;
  }
  Client& client = clients_[request.client];
  if (client.generation != request.client_generation) {
    return;  // It went away.
  }
  if (!answered) {
    return TryAgainOrGiveUp(request.client, false);
  }
  if (in_time) {
    recorder_.Good(client.who);
  }
  Close(request.client);
}

// How long a client waits before its next attempt; nullopt: there is none.
std::optional<Ns> World::RetryAfter(const Client& client, bool refused) {
  if (client.attempts >= scenario_.clients.attempts) {
    return std::nullopt;
  }
  std::optional<Clock::Duration> pushback;
  if (refused && scenario_.clients.heed_retry_after) {
    pushback = front_.RetryAfter();
  }
  if (retry_budget_) {
    const auto wait =
        retry_budget_->Retry(Clock::Time{Clock::Duration{now_}}, client.attempts, pushback);
    return wait ? std::optional(wait->count()) : std::nullopt;
  }
  if (pushback && *pushback < Clock::Duration::zero()) {
    return std::nullopt;
  }
  const Ns longest = scenario_.clients.backoff << (client.attempts - 1);
  return std::max(pushback.value_or(Clock::Duration{}).count(),
                  static_cast<Ns>(backoff_.Uniform() * static_cast<double>(longest)));
}

void World::TryAgainOrGiveUp(std::uint32_t index, bool refused) {
  Client& client = clients_[index];
  ++client.generation;
  if (const std::optional<Ns> wait = RetryAfter(client, refused)) {
    events_.Push(now_ + *wait, EventKind::kRetry, index);
    return;
  }
  if (refused) {
    recorder_.Refused(client.who);
  }
  Close(index);
}

void World::OnClientTimeout(std::uint32_t index) {
  const Client& client = clients_[index];
  if (scenario_.clients.cancel && client.request != kNone &&
      requests_[client.request].generation == client.request_generation) {
    requests_[client.request].abandoned = true;
  }
  TryAgainOrGiveUp(index, false);
}

void World::Close(std::uint32_t client) {
  clients_.Release(client);
  if (scenario_.arrivals.kind == Arrivals::Kind::kClosed) {
    events_.Push(now_ + scenario_.arrivals.think.Sample(backoff_), EventKind::kUser);
  }
}

}  // namespace loadline::sim
