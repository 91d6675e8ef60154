// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/self_service.h"

#include <algorithm>

#include "agent/src/publish/session.h"

namespace loadline::agent {

grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* SelfService::Session(
    grpc::CallbackServerContext* context) {
  auto* session = new agent::Session(*this, desk_.identities.Find(context->peer()));
  {
    absl::MutexLock lock(&mutex_);
    sessions_.insert(session);
  }
  session->Begin();
  return session;
}

void SelfService::Publish(const SignalBook& signals) {
  absl::MutexLock lock(&mutex_);
  const Clock::Time now = desk_.clock.Now();
  for (agent::Session* session : sessions_) {
    session->Offer(signals, now);
  }
}

Clock::Duration SelfService::Interval(Clock::Duration otherwise) const {
  absl::MutexLock lock(&mutex_);
  for (const agent::Session* session : sessions_) {
    otherwise = std::min(otherwise, session->interval());
  }
  return otherwise;
}

void SelfService::Leave(agent::Session* session) {
  absl::MutexLock lock(&mutex_);
  sessions_.erase(session);
}

}  // namespace loadline::agent
