// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "agent/src/sampler/ledgers.h"
#include "agent/src/sampler/thread_sample.h"

namespace loadline::agent {

// Where thread counters come from. One implementation per way of measuring; the pipeline behind it
// does not know which one it has.
//
// Thread safety: calls are serialized by the owner.
class Source {
 public:
  virtual ~Source() = default;

  // "bpf", and others as they come. A label value.
  virtual std::string_view name() const = 0;

  // What it can tell of no thread, however it is asked; empty: it measures all. Label values, valid
  // for ever.
  virtual std::span<const std::string_view> cannot_know() const { return {}; }

  // Reads all threads of the host into `out`, reusing its memory.
  virtual absl::Status ReadHost(HostReading& out) = 0;

  // The same of some processes only, for when the rest of the host costs too much: `detail` of the
  // reading lacks Feature::kUnregistered.
  virtual absl::Status ReadRegistered(std::span<const pid_t> tgids, HostReading& out) = 0;

  // Reads the threads of some processes only: what signals for registered services need ten times
  // a second. Fills `threads` and `taken_at`; leaves the rest of `out` empty. A process that
  // is gone has no threads.
  virtual absl::Status ReadProcesses(std::span<const pid_t> tgids, HostReading& out) = 0;

  // Threads of `tgid` that wait on a futex in [start, start + length) are idle from now on. Ranges
  // are kept until RemoveProcess(). kResourceExhausted: the table is full, which is also counted.
  virtual absl::Status AddIdleAddresses(pid_t tgid, std::uint64_t start, std::uint32_t length) = 0;
  virtual void RemoveProcess(pid_t tgid) = 0;

  // Tells the kernel side which pool a thread belongs to, where that differs from the pool that its
  // name implies: "own pool" of the run-queue split follows it. `pool` > 0 is the caller's number.
  virtual absl::Status AssignPool(pid_t tid, std::uint32_t pool) = 0;

  // How many pools can have histograms of their own, numbered from 1; 0: this source has none.
  virtual std::uint32_t histograms_max() const = 0;

  // The waits of threads whose `pool_number` is one of `pools` count into this histogram from now
  // on, and those of no others. False: some of them have to share with all others, since two
  // numbers got in each other's way.
  virtual bool SetHistogram(std::uint32_t histogram, std::span<const std::uint32_t> pools) = 0;

  // What to measure from now on; everything until it is called. What is left out costs nothing, in
  // the kernel neither, and counts nothing. A source ignores what it does not have.
  virtual void SetDetail(const Detail& detail) = 0;

  // Who ends the waits of these pools, (process, ThreadSample::pool_number) each, is watched from
  // now on, for a while of every ten seconds: HostReading::watched. The number 0 is every pool of
  // that process, the process 0 every process. Some other pools may be watched too. None: nothing
  // is, and costs nothing. Without it a source knows nothing of who ends waits.
  virtual void WatchWakes(std::span<const std::pair<pid_t, std::uint32_t>> /*pools*/) {}

  // Null: this source has no counters that a process could map. Not serialized with the others.
  virtual Ledgers* ledgers() { return nullptr; }
};

}  // namespace loadline::agent
