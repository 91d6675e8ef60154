// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/publish/agent_metrics.h"
#include "prometheus/collectable.h"

namespace loadline::agent {

// The metrics, made at each scrape from what is known then: no gauge lives longer than its thread.
//
// Thread safety: any thread, any time.
class Exposition final : public prometheus::Collectable {
 public:
  Exposition(std::size_t series_max, std::function<Facts()> facts)
      : series_max_(series_max), facts_(std::move(facts)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

  // In Prometheus' text format.
  std::string Text() const;

 private:
  const std::size_t series_max_;
  const std::function<Facts()> facts_;
  mutable absl::Mutex mutex_;
  mutable std::uint64_t dropped_total_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace loadline::agent
