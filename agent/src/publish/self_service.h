// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/model/registry.h"
#include "agent/src/model/signal_book.h"
#include "agent/src/publish/peer_identity.h"
#include "agent/src/sampler/source.h"
#include "loadline/clock.h"
#include "loadline/v1/self.grpc.pb.h"

namespace loadline::agent {

class Session;

// What all sessions share. Everything must outlive the service.
struct SessionDesk {
  Registry& registry;
  Source& source;  // Any thread may call it: a SharedSource.
  const PeerIdentities& identities;
  const Clock& clock;
  SessionBounds bounds;
  std::string agent_version;
};

// loadline.v1.Self: what services say and hear about themselves.
//
// Thread safety: any thread, any time.
class SelfService final : public v1::Self::CallbackService {
 public:
  explicit SelfService(SessionDesk desk) : desk_(std::move(desk)) {}

  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(
      grpc::CallbackServerContext* context) override;

  // Sends each session its own pools out of `signals`, where its interval has passed. A service
  // that is slow to read misses messages, which loses nothing: they carry totals.
  void Publish(const SignalBook& signals);

  // The shortest interval that was granted; `otherwise` if there is no session.
  Clock::Duration Interval(Clock::Duration otherwise) const;

 private:
  friend class agent::Session;

  void Leave(agent::Session* session);

  const SessionDesk desk_;
  mutable absl::Mutex mutex_;
  std::set<agent::Session*> sessions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loadline::agent
