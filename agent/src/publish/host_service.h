// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
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
    // What holds the host back; called from any thread. Empty: Explain() is not implemented.
    std::function<absl::StatusOr<v1::Report>(const v1::ExplainRequest&)> explain = {};
  };

  // All must outlive the service; the service must outlive its server.
  HostService(Options options, const ViewBoard& board, const Registry& registry,
              const Clock& clock);

  grpc::ServerWriteReactor<v1::PoolsSnapshot>* WatchPools(
      grpc::CallbackServerContext* context, const v1::WatchPoolsRequest* request) override;

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const v1::ExplainRequest* request, v1::Report* report) override;

  // Sends the newest view to those whose interval has passed. A watcher that is slow to read misses
  // snapshots instead of piling them up.
  void Publish();

  // The shortest interval that somebody asked for; `otherwise` if that is shorter or nobody did.
  Clock::Duration Interval(Clock::Duration otherwise) const;

 private:
  class Watcher;

  // Sends what the watcher wants to see, or ends it where nothing is called so.
  void Send(const HostView& view, const ServiceReports& reports, Clock::Time now,
            Watcher& watcher) const;
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
