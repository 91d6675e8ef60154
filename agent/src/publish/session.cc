// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/session.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "agent/src/publish/signal_message.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr std::chrono::milliseconds kSignalIntervalDefault{100};
constexpr std::chrono::milliseconds kSignalIntervalMin{50};
constexpr std::chrono::milliseconds kSignalIntervalMax{10'000};
constexpr std::chrono::seconds kSecond{1};
constexpr std::chrono::milliseconds kSignalEarly{5};  // Of a tick: rather now than a tick late.

std::chrono::milliseconds SignalInterval(std::uint32_t wanted_ms) {
  const std::chrono::milliseconds wanted{wanted_ms};
  return wanted_ms == 0 ? kSignalIntervalDefault
                        : std::clamp(wanted, kSignalIntervalMin, kSignalIntervalMax);
}

grpc::Status ToGrpc(const absl::Status& status) {
  // The codes are the same numbers by design.
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

absl::StatusOr<Peer> WithPid(absl::StatusOr<Peer> peer) {
  if (peer.ok() && peer->pid <= 0) {
    return absl::PermissionDeniedError(
        "your process is not in the agent's pid namespace: run the agent in the host's");
  }
  return peer;
}

}  // namespace

Session::Session(SelfService& service, absl::StatusOr<Peer> peer)
    : service_(service), peer_(WithPid(std::move(peer))), interval_(kSignalIntervalMax) {}

void Session::Begin() {
  if (!peer_.ok()) {
    End(peer_.status());
    return;
  }
  StartRead(&request_);
}

void Session::OnReadDone(bool ok) {
  if (!ok) {  // The process said all it had to say, or is gone.
    End(absl::OkStatus());
    return;
  }
  if (absl::Status status = Handle(); !status.ok()) {
    End(status);
    return;
  }
  ReadOn();
}

void Session::ReadOn() {
  const Clock::Time now = service_.desk_.clock.Now();
  absl::MutexLock lock(&mutex_);
  if (now - second_began_at_ >= kSecond) {
    second_began_at_ = now;
    messages_ = 0;
  }
  resting_ = ++messages_ >= kMessagesMax;  // Until Offer(): meanwhile the client's writes wait.
  if (!resting_ && !finished_) {
    StartRead(&request_);
  }
}

absl::Status Session::Handle() {
  std::optional<Registry::Ticket> ticket;
  {
    absl::MutexLock lock(&mutex_);
    ticket = ticket_;
  }
  if (ticket.has_value() == request_.has_hello()) {
    return absl::FailedPreconditionError("the first request, and no other, must be hello");
  }
  if (request_.has_hello()) {
    return Welcome(request_.hello());
  }
  absl::Status status = Apply(*ticket);
  if (absl::IsResourceExhausted(status)) {  // A service that is too large keeps its signals.
    service_.desk_.registry.CountLost();
    return absl::OkStatus();
  }
  return status;
}

absl::Status Session::Apply(Registry::Ticket ticket) {
  Registry& registry = service_.desk_.registry;
  switch (request_.what_case()) {
    case v1::SessionRequest::kPool:
      return AddPool(ticket, request_.pool());
    case v1::SessionRequest::kThreads:
      return registry.Apply(ticket, request_.threads());
    case v1::SessionRequest::kLimiter:
      return registry.Apply(ticket, request_.limiter());
    case v1::SessionRequest::kPoolReport:
      return registry.Apply(ticket, request_.pool_report());
    case v1::SessionRequest::kHello:
    case v1::SessionRequest::WHAT_NOT_SET:
      break;
  }
  return absl::OkStatus();  // Of a newer SDK: what it adds is optional.
}

absl::Status Session::Welcome(const v1::Hello& hello) {
  absl::StatusOr<Registry::Ticket> ticket = service_.desk_.registry.Open(peer_->pid, hello);
  if (!ticket.ok()) {
    return ticket.status();
  }
  service_.desk_.source.RemoveProcess(peer_->pid);  // What an earlier session left.
  const std::chrono::milliseconds interval = SignalInterval(hello.signal_interval_ms());
  absl::MutexLock lock(&mutex_);
  ticket_ = *ticket;  // Also of a session that ended meanwhile: OnDone() closes it.
  if (finished_) {
    return absl::OkStatus();
  }
  interval_ = interval;
  v1::Welcome& welcome = *response_.mutable_welcome();
  welcome.set_protocol_version(1);
  welcome.set_agent_version(service_.desk_.agent_version);
  welcome.set_signal_interval_ms(static_cast<std::uint32_t>(interval.count()));
  welcome.set_source(std::string(service_.desk_.source.name()));
  Write();
  return absl::OkStatus();
}

absl::Status Session::AddPool(Registry::Ticket ticket, const v1::PoolRegistration& pool) {
  if (absl::Status status = service_.desk_.registry.Apply(ticket, pool); !status.ok()) {
    return status;
  }
  for (const v1::AddressRange& range : pool.idle_addresses()) {
    const std::pair key(range.start(), range.length_bytes());
    if (idle_ranges_.contains(key)) {
      continue;
    }
    const auto most = static_cast<std::size_t>(service_.desk_.bounds.idle_ranges_max);
    if (idle_ranges_.size() >= most) {
      return absl::ResourceExhaustedError(
          fmt::format("idle addresses of a process: at most {} are kept", most));
    }
    idle_ranges_.insert(key);
    // A full table is counted by the source; the waits then show as condition instead of idle.
    service_.desk_.source.AddIdleAddresses(peer_->pid, range.start(), range.length_bytes())
        .IgnoreError();
  }
  return absl::OkStatus();
}

void Session::Offer(const SignalBook& signals, Clock::Time now) {
  absl::MutexLock lock(&mutex_);
  if (resting_ && !finished_ && now - second_began_at_ >= kSecond) {
    resting_ = false;
    StartRead(&request_);
  }
  if (!ticket_.has_value() || writing_ || finished_ || now + kSignalEarly < due_at_) {
    return;
  }
  due_at_ = now + interval_;
  FillSignals(signals.PoolsOf(peer_->pid), *response_.mutable_signals());
  Write();
}

void Session::Write() {
  writing_ = true;
  StartWrite(&response_);
}

Clock::Duration Session::interval() const {
  absl::MutexLock lock(&mutex_);
  return interval_;
}

void Session::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
  }
  if (!ok) {
    End(absl::CancelledError());
  }
}

void Session::OnCancel() { End(absl::CancelledError()); }

void Session::End(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (!std::exchange(finished_, true)) {
    Finish(ToGrpc(status));
  }
}

void Session::OnDone() {
  std::optional<Registry::Ticket> ticket;
  {
    absl::MutexLock lock(&mutex_);
    ticket = ticket_;
  }
  if (ticket.has_value() && service_.desk_.registry.Close(*ticket)) {
    service_.desk_.source.RemoveProcess(peer_->pid);
  }
  service_.Leave(this);
  delete this;
}

}  // namespace loadline::agent
