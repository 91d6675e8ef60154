// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "agent/demo/figures.h"
#include "agent/demo/pool_view.h"

namespace loadline::demo {

// Follows the largest pool of one process through a run, for the report. Pure.
//
// Thread safety: none.
class PoolSummary {
 public:
  explicit PoolSummary(pid_t pid) : pid_(pid) {}

  // `slow`: taken in the slow phase; then it competes for "most threads waiting".
  void Add(const HostView& host, bool slow);

  const PoolFigures& figures() const { return figures_; }

 private:
  pid_t pid_;
  PoolFigures figures_;
};

}  // namespace loadline::demo
