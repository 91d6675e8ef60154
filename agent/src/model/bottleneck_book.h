// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/model/pool_row.h"
#include "agent/src/model/registry.h"
#include "loadline/clock.h"
#include "loadline/control/kernel_classifier.h"

namespace loadline::agent {

// What holds back each pool: by what the kernel tells, or what the process says of it where it has
// a limiter in front of that pool.
//
// A row gets a class from its second reading on. The kernel's own threads get none. A service whose
// limiter has no fresh signal (`stale`) says nothing. An only thread that waits for an ephemeral
// port is taken for a server's that waits for its client: its peer does not become slow.
//
// Bounded as the rows are: about 1 KiB for each, forgotten with it. Thread safety: none.
class BottleneckBook {
 public:
  // CPUs that a process may use. Asked for pools that use some, once in kCpusAgain readings.
  using CpusOf = std::function<double(pid_t)>;
  static constexpr std::uint32_t kCpusAgain = 32;

  explicit BottleneckBook(CpusOf cpus_of) : cpus_of_(std::move(cpus_of)) {}

  struct Reading {
    Clock::Time taken_at;
    bool sampled = false;  // Reasons are.
    int cpus = 1;          // Of the host.
  };
  // Names the class of each row.
  void Update(const Reading& reading, std::span<const ServiceState> services,
              std::vector<PoolRow>& rows);

 private:
  struct Entry {
    control::KernelClassifier classifier;
    Clock::Time read_at;
    std::uint64_t seen = 0;
    double cpus = 0;
    std::uint32_t cpus_age = kCpusAgain;
  };
  void Classify(const Reading& reading, PoolRow& row);
  double CpusOfRow(const Reading& reading, const PoolRow& row, Entry& entry) const;

  const CpusOf cpus_of_;
  std::uint64_t reading_ = 0;
  absl::flat_hash_map<std::pair<pid_t, std::string>, std::unique_ptr<Entry>> entries_;
};

}  // namespace loadline::agent
