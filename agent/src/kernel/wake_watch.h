// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "agent/src/kernel/sum_table.h"
#include "agent/src/kernel/watch_schedule.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline_abi/blame.h"

struct loadline_blame_bpf;

namespace loadline::agent {

class Probes;

// Watches who ends waits, for a while of every ten seconds: the probe at each waking of the host is
// attached only then, and only while there are pools to watch. It ends by itself, in the kernel,
// when it has cost `share_max` of one CPU over the time that it was to last.
//
// Nothing is loaded before the first pool is asked for. Thread safety: one thread at a time.
class WakeWatch {
 public:
  // `probes` must outlive it.
  WakeWatch(const Probes& probes, const WatchOptions& options);
  ~WakeWatch();
  WakeWatch(const WakeWatch&) = delete;
  WakeWatch& operator=(const WakeWatch&) = delete;

  // As Source::WatchWakes().
  void Watch(std::span<const std::pair<pid_t, std::uint32_t>> pools);

  // Begins a watch or ends one, when it is time, and tells what the one that ends has found: to be
  // called at each reading of the host. `allowed`: there is CPU time for it.
  void Read(bool allowed, HostReading& out);

  // Adds to the losses, and to the time spent in probes.
  void ReadCosts(HostReading& out) const;

 private:
  struct Unload {
    void operator()(loadline_blame_bpf* skeleton) const;
  };

  absl::Status Load();
  void Begin();
  void End(HostReading& out);
  ll_blame_counts Counts() const;

  const Probes& probes_;
  const WatchOptions options_;
  WatchSchedule schedule_;
  std::unique_ptr<loadline_blame_bpf, Unload> skeleton_;
  bool wanted_ = false;
  bool refused_ = false;  // The kernel does not take the probe.
  std::uint64_t cut_short_ = 0;
};

}  // namespace loadline::agent
