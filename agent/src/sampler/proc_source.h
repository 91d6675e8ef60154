// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "agent/src/sampler/proc_account.h"
#include "agent/src/sampler/proc_fs.h"
#include "agent/src/sampler/proc_reader.h"
#include "agent/src/sampler/proc_split.h"
#include "agent/src/sampler/source.h"
#include "agent/src/sampler/thread_looker.h"
#include "loadline/clock.h"

namespace loadline::agent {

// Counters of threads from /proc alone: no probe, no privilege, any kernel with schedstat.
//
// What is exact and what is sampled: see ProcAccount; how run-queue time is split: ProcSplit. Then:
//
// - Reasons need the right to trace a process: root, or the same user. The threads of others have
//   their CPU and run-queue time, and "other" for the rest: the loss "reasons_unreadable" counts
//   how often one was looked at.
// - exec by a thread that is not the first gives it the first one's number and start time. It is
//   known by the place of the stack, which may be looked at with the same right, and by counters
//   that do not follow those of the first: both threads end then, and a new one begins where the
//   one that executed was seen last.
// - A wait shorter than the time between two readings is seen by chance; one that is seen is as old
//   as the reading that saw it first. A thread that came and went between two is not seen at all.
//
// Cost: 5 us for a thread that did not run since it was read, 20 to 40 us for one that did.
class ProcSource final : public Source {
 public:
  // The split of the run queue is estimated, and reasons are those of moments.
  static constexpr std::array<std::string_view, 7> kCannotKnow = {
      "histograms", "neighbours",     "runqueue_split", "waits_between_readings",
      "unix_paths", "who_ends_waits", "doors"};

  struct Options {
    std::string root = "/proc";
    const Clock* clock = nullptr;  // Not null; outlives the source.
    int cpus = 1;                  // That are online.
    std::string_view name = "proc";
    std::span<const std::string_view> cannot_know = kCannotKnow;
  };

  // kFailedPrecondition: this kernel does not count run-queue time.
  static absl::StatusOr<std::unique_ptr<ProcSource>> Create(const Options& options);
  // The same by what `looker` sees of threads; the rest is from /proc.
  static absl::StatusOr<std::unique_ptr<ProcSource>> Create(const Options& options,
                                                            std::unique_ptr<ThreadLooker> looker);

  std::string_view name() const override { return name_; }
  std::span<const std::string_view> cannot_know() const override { return cannot_know_; }
  absl::Status ReadHost(HostReading& out) override;
  absl::Status ReadRegistered(std::span<const pid_t> tgids, HostReading& out) override;
  absl::Status ReadProcesses(std::span<const pid_t> tgids, HostReading& out) override;
  absl::Status AddIdleAddresses(pid_t tgid, std::uint64_t start, std::uint32_t length) override;
  void RemoveProcess(pid_t tgid) override;
  absl::Status AssignPool(pid_t tid, std::uint32_t pool) override;
  std::uint32_t histograms_max() const override { return 0; }
  bool SetHistogram(std::uint32_t, std::span<const std::uint32_t>) override { return false; }
  void SetDetail(const Detail& detail) override { detail_ = detail; }

 private:
  // Of the whole host. Waits for further ones are counted as lost.
  static constexpr std::size_t kPeersMax = 4096;

  struct Thread {
    ProcAccount account;
    ProcThreadFacts facts;
    pid_t tgid = 0;
    std::uint64_t started_at_ns = 0;  // As reported. After an exec of its own: when that was seen.
    std::uint32_t pool = 0;           // 0: the one that its name implies.
    std::uint64_t seen = 0;           // The reading.
    int looks_skipped = 0;
    Clock::Duration quota_credit{};
    WaitReason before = WaitReason::kOther;  // Of the last wait that was seen, but for a stop.
  };
  using ExitKey = std::pair<pid_t, std::string>;
  using PeerKey = std::tuple<pid_t, std::string, std::string>;
  struct Losses {
    std::uint64_t reasons_unreadable = 0;
    std::uint64_t idle_addresses_full = 0;
    std::uint64_t overbooked = 0;
    std::uint64_t peers_full = 0;
  };

  ProcSource(const Options& options, ProcFs proc, std::unique_ptr<ThreadLooker> looker);

  using Processes = absl::flat_hash_set<pid_t>;

  // `only`: nothing else was read; null: everything was.
  void FinishReading(const Processes* only, HostReading& out);
  void BeginReading(bool host, HostReading& out);
  void ReadProcess(pid_t tgid, HostReading& out);
  absl::Status LookAt(const Processes& processes, HostReading& out);
  absl::Status LookAtThreads(std::span<const pid_t> tgids, HostReading& out);
  void ReadThread(pid_t tgid, pid_t tid, HostReading& out);
  void Take(pid_t tgid, pid_t tid, ProcReader::Result result, HostReading& out);
  Thread& Renew(pid_t tgid, pid_t tid, const ProcReader::Result& result);
  Thread Begin(pid_t tgid, const ProcReader::Result& result) const;
  const Thread* Executed(const Thread& first, const ProcReader::Result& result) const;
  Thread PassOn(Thread& first, const Thread* executed, const ProcReader::Result& result);
  void Emit(pid_t tid, const Thread& thread, HostReading& out) const;
  void SplitRunQueue(HostReading& out);
  void Fold(Thread& thread);
  void FoldThoseGone(const Processes* only, const HostReading& out);
  void KeepPeers(Thread& thread);
  void ReportTotals(HostReading& out);
  Clock::Duration Uptime() const;

  const Clock& clock_;
  const std::string_view name_;
  const std::span<const std::string_view> cannot_know_;
  const std::unique_ptr<ThreadLooker> looker_;  // Null: /proc is read.
  std::vector<LookedThread> looked_;            // Kept for its memory.
  ProcFs proc_;
  ProcReader reader_;
  ProcSplit split_;
  Detail detail_;
  std::uint64_t reading_ = 0;
  Clock::Duration uptime_{};       // When this reading began; suspended time counts.
  Clock::Duration uptime_host_{};  // When the host was read last.
  absl::node_hash_map<pid_t, Thread> threads_;
  absl::flat_hash_set<pid_t> reclassify_;  // Processes that said what is idle.
  std::map<ExitKey, ExitedThreads> exited_;
  std::map<PeerKey, PeerTotal> peers_;
  Losses losses_;
};

}  // namespace loadline::agent
