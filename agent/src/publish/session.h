// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/publish/self_service.h"

namespace loadline::agent {

// One stream of one process. Deletes itself when gRPC is done with it.
//
// The process is the peer at the time of the connection: a child that inherits the connection
// speaks for its parent, as with any descriptor.
//
// Thread safety: gRPC calls the On... members, reads one after the other; Offer() may come from
// another thread at any time until OnDone().
class Session final : public grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  // Messages that are read in one second; who sends more waits. A service with all its limiters and
  // pools reports some 1000.
  static constexpr int kMessagesMax = 2000;

  Session(SelfService& service, absl::StatusOr<Peer> peer);

  // To be called once, when the service knows the session.
  void Begin();

  void Offer(const SignalBook& signals, Clock::Time now);
  Clock::Duration interval() const;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  absl::Status Handle();
  absl::Status Welcome(const v1::Hello& hello);
  absl::Status Apply(Registry::Ticket ticket);
  absl::Status AddPool(Registry::Ticket ticket, const v1::PoolRegistration& pool);
  void ReadOn();
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(const absl::Status& status);

  SelfService& service_;
  const absl::StatusOr<Peer> peer_;

  // Of the reading side only.
  v1::SessionRequest request_;
  std::set<std::pair<std::uint64_t, std::uint32_t>> idle_ranges_;

  mutable absl::Mutex mutex_;
  std::optional<Registry::Ticket> ticket_ ABSL_GUARDED_BY(mutex_);  // Once welcome.
  Clock::Duration interval_ ABSL_GUARDED_BY(mutex_);
  Clock::Time due_at_ ABSL_GUARDED_BY(mutex_);
  Clock::Time second_began_at_ ABSL_GUARDED_BY(mutex_);
  int messages_ ABSL_GUARDED_BY(mutex_) = 0;      // In that second.
  bool resting_ ABSL_GUARDED_BY(mutex_) = false;  // No read is under way: it was too many.
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  v1::SessionResponse response_;  // Belongs to gRPC while writing_.
};

}  // namespace loadline::agent
