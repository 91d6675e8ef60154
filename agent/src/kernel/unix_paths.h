// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/proc_fs.h"

namespace loadline::agent {

// Paths in a table like /proc/net/unix; abstract ones begin with '@'. `text` is the whole file.
std::vector<std::string_view> PathsIn(std::string_view text);

// Completes paths of Unix sockets of which the kernel side keeps the end only.
//
// Costs one file per ending that is new, and again every kTryAgain readings for one that was not
// found, or stands for several sockets: that one stays as it is, "~ql/.s.PGSQL.5432".
//
// Thread safety: none.
class UnixPaths {
 public:
  static constexpr std::uint64_t kTryAgain = 64;
  static constexpr std::size_t kEndingsMax = 4096;  // Then all are asked for anew.

  // `proc`: /proc. Where it cannot be read no path is completed.
  explicit UnixPaths(const std::string& proc);

  void BeginReading() { ++reading_; }

  // `text` is as PeerText() has it; anything but the end of a path is left as it is. The socket is
  // in the network namespace of the process.
  void Complete(pid_t tgid, std::string& text);

 private:
  struct Known {
    std::string path;
    std::uint64_t again_at = 0;  // 0: never.
  };

  std::optional<ProcFs> proc_;
  std::uint64_t reading_ = 0;
  absl::flat_hash_map<std::string, Known> known_;  // By what PeerText() said.
};

}  // namespace loadline::agent
