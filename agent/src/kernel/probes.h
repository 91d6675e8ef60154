// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/src/kernel/bpf_source.h"
#include "loadline_abi/histogram.h"
#include "loadline_abi/host.h"

struct loadline_bpf;  // The generated skeleton.

namespace loadline::agent {

// The loaded and attached programs, and what they share with us. Everything that knows libbpf.
//
// Thread safety: one thread at a time.
class Probes {
 public:
  static absl::StatusOr<std::unique_ptr<Probes>> Load(const BpfSource::Options& options);
  ~Probes();
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;

  // Slot 0 is the header. The kernel writes them all the time: read with ReadSlot().
  std::span<const ll_slot> slots() const { return slots_; }
  const ll_ledger_header& header() const;

  // Walks over the threads of `tgid`, of the whole host for 0, and gives slots to those without.
  // WalkBeganNs(): when the last one began, by the clock of ll_record::started_ns.
  absl::Status Snapshot(pid_t tgid, std::vector<ll_record>& out);

  // Which threads of the host's array are news: those that started since, and waits that began
  // since, on the scheduler's clock.
  struct NewsSince {
    std::uint64_t started_ns = 0;
    std::uint64_t waits_ns = 0;
  };
  // The same of these and of those that are queued for a CPU, without a walk over all tasks.
  absl::Status LookForNews(const NewsSince& since, std::vector<ll_record>& out);
  std::uint64_t WalkBeganNs() const;
  // Threads that ended: before their totals are among the exits, and after their slot was given
  // back. From a threads_gone() to a threads_going() that is the same nobody was on the way.
  std::uint32_t threads_going() const;
  std::uint32_t threads_gone() const;
  // Grows when only a Snapshot() of all tells what has changed.
  std::uint32_t walks_wanted() const;
  // The scheduler's clock.
  std::uint64_t NowNs() const;

  absl::Status AssignPool(pid_t tid, std::uint32_t pool);

  // One walk over the threads of `tgid`: what `pass` does, and where each of them is after it.
  absl::Status Move(pid_t tgid, ll_move_pass pass, std::uint32_t to, std::vector<ll_moved>& out);

  // Puts the array into the table of ledgers, or takes it out, and returns when no program runs
  // that began before: a grace period, some 20 ms.
  absl::Status SetLedger(std::uint32_t ledger, int fd);
  absl::Status DropLedger(std::uint32_t ledger);

  // Where new threads of the process begin. False: it was not so.
  absl::Status SetRegistration(pid_t tgid, const ll_registration& registration);
  bool DropRegistration(pid_t tgid);
  bool HasRegistration(pid_t tgid) const;

  // Numbers of ledgers are below `end` from now on.
  void SetLedgersEnd(std::uint32_t end);

  // Brings the headers of all ledgers up to date.
  absl::Status ShowAlive();

  // Counts of all CPUs together.
  std::vector<ll_counts> Counts() const;

  // RecursionMisses() of the programs at tracepoints.
  std::uint64_t EventsLeftOut() const;
  // Whether each LookForNews() compares threads with what is known of them, at twice the price. It
  // always does where there are no programs for their events.
  void CompareThreads(bool wanted);

  int switch_program_fd() const;
  int exits_fd() const;
  int peers_fd() const;
  int futexes_fd() const;
  int neighbours_fd() const;
  int idle_fd() const;
  int threads_fd() const;
  int slots_fd() const;
  int ledgers_fd() const;
  void SetIdleGate(pid_t tgid, bool open);

  // Says that the hashes of futexes and neighbours have been emptied.
  void DetailHasRoom();

  // Bits of enum ll_feature; takes effect at the next switch. All are on after Load().
  void SetFeatures(std::uint32_t features);

  // On which ports somebody listens, by which peers are told from clients.
  void SetPorts(std::span<const std::uint8_t> ports);
  std::span<const std::uint8_t> ports() const;

  // By CPU, pool and kind: ll_histogram_index(). The kernel adds all the time.
  std::span<const ll_histogram> histograms() const { return histograms_; }
  std::uint32_t histogram_pools() const;
  // From now on the threads of this pool count into `histogram`, 1..histogram_pools() - 1. Takes
  // the gate from a pool whose number agrees in the low bits; LL_HISTOGRAM_OTHERS frees it.
  void SetHistogram(std::uint32_t pool, std::uint32_t histogram);

 private:
  explicit Probes(loadline_bpf* skeleton);

  absl::Status MapSlots();
  absl::Status MapHistograms();
  absl::Status MapNews();
  absl::Status Attach(bool thread_events);
  absl::Status AttachThreadEvents();

  loadline_bpf* skeleton_;
  std::span<const ll_slot> slots_;
  std::span<const ll_histogram> histograms_;
  std::span<const ll_record> news_;
  std::vector<int> idle_gates_;  // Processes per gate.
  bool has_thread_events_ = false;
};

}  // namespace loadline::agent
