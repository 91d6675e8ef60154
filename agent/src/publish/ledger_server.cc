// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/ledger_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "agent/src/publish/peer_identity.h"

namespace loadline::agent {
namespace {

constexpr int kTendEveryMs = 200;
constexpr std::chrono::milliseconds kTendEvery{kTendEveryMs};

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77  // Of asm-generic/socket.h, since Linux 6.5.
#endif

// Of the process that connected, not of one that has its number since. Before 6.5 that takes the
// luck of a process which is gone, and whose number comes back, between its connect() and our
// accept().
Fd PidfdOf(const Fd& socket, pid_t pid) {
  int fd = -1;
  socklen_t size = sizeof fd;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0) {
    return Fd(fd);
  }
  return errno == ENOPROTOOPT ? Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) : Fd();
}

bool HasEnded(const Fd& process) {
  pollfd event{.fd = process.get(), .events = POLLIN, .revents = 0};
  return poll(&event, 1, 0) != 0;
}

ll_ledger_status StatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kAlreadyExists:
      return LL_LEDGER_TAKEN;
    case absl::StatusCode::kResourceExhausted:
      return LL_LEDGER_FULL;
    case absl::StatusCode::kNotFound:
      return LL_LEDGER_NAMESPACE;
    default:
      return LL_LEDGER_FAILED;
  }
}

std::size_t BytesOf(const Ledger& ledger) { return ledger.slots * sizeof(ll_slot); }

}  // namespace

absl::StatusOr<std::unique_ptr<LedgerServer>> LedgerServer::Start(UnixListener listener,
                                                                  Ledgers* ledgers,
                                                                  const Clock& clock) {
  Fd stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.valid()) {
    return absl::ErrnoToStatus(errno, "eventfd");
  }
  return std::unique_ptr<LedgerServer>(
      new LedgerServer(std::move(listener), std::move(stop), ledgers, clock));
}

LedgerServer::LedgerServer(UnixListener listener, Fd stop, Ledgers* ledgers, const Clock& clock)
    : listener_(std::move(listener)),
      stop_(std::move(stop)),
      ledgers_(ledgers),
      clock_(clock),
      tended_at_(clock.Now()),
      thread_([this] { Run(); }) {}

LedgerServer::~LedgerServer() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

LedgerServer::Stats LedgerServer::stats() const {
  Stats stats{.given_total = given_total_,
              .replaced_total = replaced_total_,
              .connections_refused_total = connections_refused_total_};
  std::ranges::copy(refused_total_, stats.refused_total.begin());
  return stats;
}

void LedgerServer::Run() {
  std::vector<pollfd> events;
  while (true) {
    events.assign({{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                   {.fd = listener_.fd(), .events = POLLIN, .revents = 0}});
    for (const auto& connection : connections_) {
      events.push_back({.fd = connection->socket.get(), .events = POLLIN, .revents = 0});
      events.push_back({.fd = connection->process.get(), .events = POLLIN, .revents = 0});
    }
    const bool nobody = connections_.empty() && (ledgers_ == nullptr || ledgers_->use().bytes == 0);
    poll(events.data(), events.size(), nobody ? -1 : kTendEveryMs);
    if (events[0].revents != 0) {
      return;
    }
    // Who left before who comes: a process may come again by a new connection.
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connections_[i]->over |= events[3 + 2 * i].revents != 0;
      if (events[2 + 2 * i].revents != 0) {
        Look(*connections_[i]);
      }
    }
    DropOver();
    if (events[1].revents != 0) {
      Accept();
    }
    TendLedgers();
  }
}

void LedgerServer::Accept() {
  Fd accepted = listener_.Accept(stop_);
  if (!accepted.valid()) {
    return;
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(accepted.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || IsFull(peer.uid)) {
    ++connections_refused_total_;
    return;
  }
  auto connection = std::make_unique<Connection>();
  connection->socket = std::move(accepted);
  connection->pid = peer.pid;  // 0: it lives in a pid namespace that we do not see.
  connection->uid = peer.uid;
  connection->accepted_at = clock_.Now();
  if (peer.pid > 0) {
    connection->process = PidfdOf(connection->socket, peer.pid);
  }
  connections_.push_back(std::move(connection));
}

bool LedgerServer::IsFull(uid_t uid) const {
  const auto of_user = std::ranges::count_if(
      connections_, [uid](const auto& connection) { return connection->uid == uid; });
  return connections_.size() >= kOpenMax ||
         (uid != kRoot && static_cast<std::size_t>(of_user) >= kOpenOfUserMax);
}

// A request comes whole or not at all: it is smaller than any buffer.
void LedgerServer::Look(Connection& connection) {
  ll_ledger_request request{};
  const ssize_t got = recv(connection.socket.get(), &request, sizeof request, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (connection.over || got != sizeof request || connection.registered) {
    connection.over = true;  // It left, or does not keep to the contract.
    return;
  }
  Answer(connection, request);
}

void LedgerServer::Answer(Connection& connection, const ll_ledger_request& request) {
  Ledger ledger;
  const ll_ledger_status status = Register(connection, request, ledger);
  if (status != LL_LEDGER_GIVEN) {
    Refuse(connection, status);
    return;
  }
  connection.registered = true;
  ++given_total_;
  Send(connection, LL_LEDGER_GIVEN, ledger);
}

ll_ledger_status LedgerServer::Register(Connection& connection, const ll_ledger_request& request,
                                        Ledger& ledger) {
  if (request.version != LL_ABI_VERSION) {
    return LL_LEDGER_VERSION;
  }
  if (ledgers_ == nullptr) {
    return LL_LEDGER_SOURCE;
  }
  if (!connection.process.valid() || HasEnded(connection.process)) {
    return LL_LEDGER_NAMESPACE;
  }
  if (!MayAsk(connection.uid)) {
    return LL_LEDGER_RATE;
  }
  if (!HasRoom(connection, 1)) {
    return LL_LEDGER_FULL;
  }
  const absl::StatusOr<Ledger> opened = ledgers_->Open(connection.pid);
  if (!opened.ok()) {
    return StatusOf(opened.status());
  }
  // Its number may be another process's by now: what was opened is nobody's here.
  if (HasEnded(connection.process)) {
    ledgers_->Close(connection.pid);
    return LL_LEDGER_NAMESPACE;
  }
  if (!HasRoom(connection, BytesOf(*opened))) {
    ledgers_->Close(connection.pid);
    return LL_LEDGER_FULL;
  }
  ledger = *opened;
  connection.bytes = BytesOf(ledger);
  return LL_LEDGER_GIVEN;
}

void LedgerServer::Refuse(Connection& connection, ll_ledger_status status) {
  ++refused_total_[status];
  Send(connection, status, {});
  connection.over = true;
}

void LedgerServer::Send(Connection& connection, ll_ledger_status status, const Ledger& ledger) {
  ll_ledger_answer answer{.version = LL_ABI_VERSION,
                          .status = static_cast<__u32>(status),
                          .slots = ledger.slots,
                          .generation = ledger.generation};
  iovec content{.iov_base = &answer, .iov_len = sizeof answer};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  if (ledger.fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &ledger.fd, sizeof(int));
  }
  // One that does not read its answers is not worth waiting for.
  if (sendmsg(connection.socket.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof answer) {
    connection.over = true;
  }
}

bool LedgerServer::MayAsk(uid_t uid) {
  if (uid == kRoot) {
    return true;
  }
  const Clock::Time now = clock_.Now();
  const Clock::Time full = now - kRequestsBurst * kRequestsRefill;
  std::erase_if(allowance_, [full](const auto& entry) { return entry.second <= full; });
  Clock::Time& filled_at = allowance_.try_emplace(uid, full).first->second;
  if (filled_at + kRequestsRefill > now) {
    return false;
  }
  filled_at += kRequestsRefill;
  return true;
}

bool LedgerServer::HasRoom(const Connection& connection, std::size_t bytes) const {
  if (connection.uid == kRoot) {
    return true;
  }
  for (const auto& other : connections_) {
    bytes += other->uid == connection.uid ? other->bytes : 0;
  }
  return bytes <= kBytesOfUserMax;
}

void LedgerServer::TendLedgers() {
  const Clock::Time now = clock_.Now();
  if (now - tended_at_ < kTendEvery) {
    return;
  }
  tended_at_ = now;
  for (const auto& connection : connections_) {
    if (!connection->registered) {
      connection->over |= now - connection->accepted_at > kSilenceMax;
      continue;
    }
    switch (ledgers_->NeedOf(connection->pid)) {
      case Ledgers::Need::kNothing:
        break;
      case Ledgers::Need::kRoom:
        // Without room for more, the threads that found none stay with the host's; likewise while
        // the user's processes need more than may be asked for: others wait for us meanwhile.
        if (!HasRoom(*connection, connection->bytes) || !MayAsk(connection->uid)) {
          break;
        }
        if (const auto larger = ledgers_->Replace(connection->pid);
            larger.ok() && !HasEnded(connection->process)) {
          ++replaced_total_;
          connection->bytes = BytesOf(*larger);
          Send(*connection, LL_LEDGER_GIVEN, *larger);
        }
        break;
      case Ledgers::Need::kClose:
        Refuse(*connection, LL_LEDGER_IMAGE);
        break;
    }
  }
  DropOver();
  if (ledgers_ != nullptr) {
    ledgers_->Clean();
  }
}

void LedgerServer::DropOver() {
  std::erase_if(connections_, [this](const auto& connection) {
    if (connection->over && connection->registered) {
      ledgers_->Close(connection->pid);
    }
    return connection->over;
  });
}

}  // namespace loadline::agent
