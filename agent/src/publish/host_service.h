// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/model/registry.h"
#include "agent/src/publish/snapshot.h"
#include "agent/src/publish/view_board.h"
#include "loadline/clock.h"
#include "loadline/v1/host.grpc.pb.h"

namespace loadline::agent {

// loadline.v1.Host: what tools may ask.
//
// Thread safety: any thread, any time.
class HostService final : public v1::Host::CallbackService {
 public:
  struct Options {
    std::size_t pools_max = 200;
    std::size_t watchers_max = 32;  // Each costs a snapshot per interval.
  };

  // All must outlive the service; the service must outlive its server.
  HostService(const Options& options, const ViewBoard& board, const Registry& registry,
              const Clock& clock);

  grpc::ServerWriteReactor<v1::PoolsSnapshot>* WatchPools(
      grpc::CallbackServerContext* context, const v1::WatchPoolsRequest* request) override;

  // Sends the newest view to those whose interval has passed. A watcher that is slow to read misses
  // snapshots instead of piling them up.
  void Publish();

  // The shortest interval that somebody asked for; `otherwise` if that is shorter or nobody did.
  Clock::Duration Interval(Clock::Duration otherwise) const;

 private:
  class Watcher;

  v1::PoolsSnapshot Snapshot(const HostView& view, const ServiceReports& reports,
                             const std::string& process) const;
  void Leave(Watcher* watcher);

  const Options options_;
  const ViewBoard& board_;
  const Registry& registry_;
  const Clock& clock_;
  const Clock::Time started_at_;
  mutable absl::Mutex mutex_;
  std::set<Watcher*> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loadline::agent
