// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/proc_cgroup.h"
#include "agent/src/sampler/proc_fs.h"

namespace loadline::agent {

// Whether a freezer holds the threads of a control group, and of which version it is.
enum class Freezing : std::uint8_t { kNo, kVersion1, kVersion2 };

// Which processes are frozen, by the files of their control groups: the kernel shows of a frozen
// thread little but a sleep.
//
// Costs one file per group and reading (5 us), whoever is in it, and /proc/<pid>/cgroup of each
// process each kReadAgain readings.
//
// Thread safety: none.
class ProcFreezer {
 public:
  // A process may be moved. Until then it is looked for where it was.
  static constexpr std::uint64_t kReadAgain = 16;

  explicit ProcFreezer(const ProcFs& proc);

  void BeginReading();
  Freezing Of(pid_t tgid);

 private:
  struct Process {
    std::vector<std::string> version1;  // Its group and those above it.
    std::vector<std::string> version2;
    std::uint64_t read = 0;  // When its groups were read last.
    std::uint64_t seen = 0;
  };

  Process& Find(pid_t tgid);
  bool Says(const std::string& path, std::string_view word);

  const ProcFs& proc_;
  const std::optional<CgroupHierarchy> version1_;
  const std::optional<CgroupHierarchy> version2_;
  std::uint64_t reading_ = 0;
  absl::flat_hash_map<pid_t, Process> processes_;
  absl::flat_hash_map<std::string, bool> said_;  // By file, in this reading.
};

}  // namespace loadline::agent
