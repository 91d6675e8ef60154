// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "agent/demo/pool_view.h"
#include "loadline/clock.h"

namespace loadline::demo {

// Follows the agent's Host/WatchPools stream on its own thread and keeps the newest snapshot. When
// the stream breaks it is opened again, for as long as this object lives.
//
// Thread safety: any thread.
class PoolWatch {
 public:
  // `socket` is the agent's host socket; it need not exist yet.
  static std::unique_ptr<PoolWatch> Start(const std::filesystem::path& socket,
                                          Clock::Duration interval);
  virtual ~PoolWatch() = default;  // Cancels the stream and joins.

  // The snapshot that came last, once: nullopt until another one comes.
  virtual std::optional<HostView> TakeNewest() = 0;
};

}  // namespace loadline::demo
