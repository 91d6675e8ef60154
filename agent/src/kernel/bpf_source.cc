// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/bpf_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "agent/src/kernel/door_reader.h"
#include "agent/src/kernel/gone_totals.h"
#include "agent/src/kernel/histogram_reader.h"
#include "agent/src/kernel/idle_addresses.h"
#include "agent/src/kernel/lock_holders.h"
#include "agent/src/kernel/losses.h"
#include "agent/src/kernel/probes.h"
#include "agent/src/kernel/process_ledgers.h"
#include "agent/src/kernel/sample.h"
#include "agent/src/kernel/sum_table.h"
#include "agent/src/kernel/thread_walk.h"
#include "agent/src/kernel/unix_paths.h"
#include "agent/src/kernel/wake_watch.h"
#include "ledger/slot_reader.h"
#include "loadline/steady_clock.h"

namespace loadline::agent {
namespace {

// Numbers from here on are the kernel side's own (LL_POOL_BY_NAME in bpf/lib/pool.bpf.h).
constexpr std::uint32_t kPoolEnd = 0x80000000;

// Where the kernel has no programs that may sleep; where it does not take those that find doors.
constexpr std::array<std::string_view, 2> kMayNotKnow = {"lock_holders_now", "doors"};

class ProbeReader final : public Source {
 public:
  ProbeReader(std::unique_ptr<Probes> probes, const BpfSource::Options& options)
      : probes_(std::move(probes)),
        ledgers_(*probes_),
        idle_(*probes_),
        gone_(probes_->exits_fd(), probes_->peers_fd()),
        futexes_(probes_->futexes_fd()),
        neighbours_(probes_->neighbours_fd()),
        counts_at_start_(probes_->Counts()),
        holders_(options.lock_holders),
        histograms_(probes_->histograms(), probes_->histogram_pools()),
        wakes_(*probes_, options.watch) {}

  std::string_view name() const override { return "bpf"; }
  std::span<const std::string_view> cannot_know() const override {
    const std::size_t first = holders_.can_look() ? 1 : 0;
    return std::span(kMayNotKnow).subspan(first, (doors_ == nullptr ? 2 : 1) - first);
  }
  absl::Status ReadHost(HostReading& out) override;
  absl::Status ReadRegistered(std::span<const pid_t> tgids, HostReading& out) override;
  absl::Status ReadProcesses(std::span<const pid_t> tgids, HostReading& out) override;
  absl::Status AddIdleAddresses(pid_t tgid, std::uint64_t start, std::uint32_t length) override {
    return idle_.Add(tgid, start, length);
  }
  void RemoveProcess(pid_t tgid) override { idle_.Remove(tgid); }
  absl::Status AssignPool(pid_t tid, std::uint32_t pool) override;
  std::uint32_t histograms_max() const override { return histograms_.pools() - 1; }
  bool SetHistogram(std::uint32_t histogram, std::span<const std::uint32_t> pools) override;
  void SetDetail(const Detail& detail) override;
  void WatchWakes(std::span<const std::pair<pid_t, std::uint32_t>> pools) override {
    wakes_.Watch(pools);
  }
  Ledgers* ledgers() override { return &ledgers_; }

 private:
  using Reader = ProcessLedgers::Reader;

  absl::Status WalkProcesses(std::span<const pid_t> tgids);
  void FinishReading(const Reader& reader, std::span<const ll_record> records, HostReading& out);
  enum class Found { kThread, kOther, kStalled };  // Stalled: its switch does not come to an end.
  Found ReadThread(const Reader& reader, const ll_record& record, std::uint64_t now_ns,
                   HostReading& out);
  std::uint64_t ReadThreads(const Reader& reader, std::span<const ll_record> records,
                            HostReading& out);
  void ReadMoved(const Reader& reader, const absl::flat_hash_set<pid_t>& moving,
                 absl::flat_hash_set<pid_t> missed, std::uint64_t now_ns, HostReading& out);
  std::vector<ll_record> LookAgain(const absl::flat_hash_set<pid_t>& tgids);
  void CompletePaths(HostReading& out);
  void ReadSums(HostReading& out);
  void ReadDoors(HostReading& out);
  void DropThreadsGoneMeanwhile(const Reader& reader, HostReading& out);
  void ReadLosses(HostReading& out) const;

  std::unique_ptr<Probes> probes_;
  ThreadWalk walk_{*probes_};
  ProcessLedgers ledgers_;
  IdleAddresses idle_;
  GoneTotals gone_;
  SumTable<ll_futex_key> futexes_;
  SumTable<ll_neighbour_key> neighbours_;
  std::vector<ll_counts> counts_at_start_;
  UnixPaths unix_paths_{"/proc"};
  LockHolders holders_;
  std::unique_ptr<DoorReader> doors_ = DoorReader::Create();
  HistogramReader histograms_;
  WakeWatch wakes_;
  std::array<ll_histogram_gate, LL_HISTOGRAM_GATES> gates_{};  // As told to the kernel.
  std::uint64_t histogram_gates_taken_ = 0;
  Detail detail_;
  // Each counts in each reading that lacks it.
  std::uint64_t threads_without_slot_ = 0;
  std::uint64_t threads_stalled_ = 0;
  std::vector<ll_record> records_;     // Of single processes. Both are kept for their memory.
  std::vector<const ll_slot*> taken_;  // The slots of HostReading::threads, in parallel.
};

// False: it has lost it, or another thread has it by now.
bool IsOf(const ll_slot& slot, const ThreadSample& thread) {
  return __atomic_load_n(&slot.state, __ATOMIC_ACQUIRE) != LL_STATE_NONE &&
         __atomic_load_n(&slot.tid, __ATOMIC_RELAXED) == static_cast<__u32>(thread.tid) &&
         __atomic_load_n(&slot.started_ns, __ATOMIC_RELAXED) == thread.started_at_ns;
}

// Other: the slot is not that thread's any more.
ProbeReader::Found ProbeReader::ReadThread(const Reader& reader, const ll_record& record,
                                           std::uint64_t now_ns, HostReading& out) {
  const ll_slot* slot = reader.SlotOf(record);
  ll_slot copy;
  if (slot == nullptr) {
    return Found::kOther;
  }
  if (!ReadSlot(*slot, copy)) {
    return Found::kStalled;
  }
  if (copy.state == LL_STATE_NONE || copy.tid != record.tid ||
      copy.started_ns != record.started_ns) {
    return Found::kOther;
  }
  FillSample(copy, record, now_ns, out.threads.emplace_back());
  taken_.push_back(slot);
  return Found::kThread;
}

// Threads of the processes `moving` that have changed their slots since the walk. Who is not found
// any more is gone; who has changed its slot once more is looked for again, and so is who stands
// still in the middle of a switch.
void ProbeReader::ReadMoved(const Reader& reader, const absl::flat_hash_set<pid_t>& moving,
                            absl::flat_hash_set<pid_t> missed, std::uint64_t now_ns,
                            HostReading& out) {
  constexpr int kTries = 5;  // A process opens and closes its ledger within one reading as often.
  bool found = !missed.empty();
  std::uint64_t stalled = 0;
  for (int tries = 0; tries < kTries && found; ++tries) {
    found = false;
    stalled = 0;
    for (const ll_record& record : LookAgain(moving)) {
      const auto tid = static_cast<pid_t>(record.tid);
      if (!missed.contains(tid)) {
        continue;
      }
      const Found what = ReadThread(reader, record, now_ns, out);
      if (what == Found::kThread) {
        missed.erase(tid);
      } else {
        found = true;
      }
      stalled += what == Found::kStalled ? 1 : 0;
    }
  }
  threads_stalled_ += stalled;
}

// Takes the time between the walk and the copies, which take 0.2 us each: all open intervals end
// then. Returns how many threads have no slot.
std::uint64_t ProbeReader::ReadThreads(const Reader& reader, std::span<const ll_record> records,
                                       HostReading& out) {
  out.threads.clear();
  taken_.clear();
  std::uint64_t without_slot = 0;
  out.taken_at = SteadyClock::Get().Now();
  const auto now_ns = static_cast<std::uint64_t>(out.taken_at.time_since_epoch().count() -
                                                 probes_->header().clock_offset_ns);
  absl::flat_hash_set<pid_t> moving;
  absl::flat_hash_set<pid_t> missed;
  for (const ll_record& record : records) {
    if (record.slot == 0) {
      ++without_slot;
      continue;
    }
    const Found what = ReadThread(reader, record, now_ns, out);
    if (const auto tgid = static_cast<pid_t>(record.tgid);
        what != Found::kThread && reader.MayMove(tgid)) {
      moving.insert(tgid);
      missed.insert(static_cast<pid_t>(record.tid));
    } else if (what == Found::kStalled) {
      ++threads_stalled_;
    }
  }
  ReadMoved(reader, moving, missed, now_ns, out);
  return without_slot;
}

// Threads of processes whose ledger was opened or closed just now may have changed their slots.
std::vector<ll_record> ProbeReader::LookAgain(const absl::flat_hash_set<pid_t>& tgids) {
  std::vector<ll_record> records;
  for (const pid_t tgid : tgids) {
    probes_->Snapshot(tgid, records).IgnoreError();  // It may be gone.
  }
  return records;
}

// A thread that ended between its copy and the copy of the exits may stand in both. It is folded
// before its slot changes hands, so its entry is read again and then holds it for certain.
void ProbeReader::DropThreadsGoneMeanwhile(const Reader& reader, HostReading& out) {
  absl::flat_hash_set<pid_t> moving;
  std::vector<bool> changed(taken_.size());
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    changed[i] = !IsOf(*taken_[i], out.threads[i]);
    if (changed[i] && reader.MayMove(out.threads[i].tgid)) {
      moving.insert(out.threads[i].tgid);
    }
  }
  absl::flat_hash_set<std::pair<pid_t, std::uint64_t>> moved;
  for (const ll_record& record : LookAgain(moving)) {
    moved.emplace(static_cast<pid_t>(record.tid), record.started_ns);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    ThreadSample& thread = out.threads[i];
    if (changed[i] && !moved.contains({thread.tid, thread.started_at_ns})) {
      gone_.ReadExitAgain(thread);
      continue;
    }
    if (kept != i) {
      out.threads[kept] = std::move(thread);
    }
    ++kept;
  }
  out.threads.resize(kept);
}

void ProbeReader::CompletePaths(HostReading& out) {
  unix_paths_.BeginReading();
  for (ThreadSample& thread : out.threads) {
    unix_paths_.Complete(thread.tgid, thread.peer.text);
  }
  for (PeerTotal& peer : out.peers) {
    unix_paths_.Complete(peer.tgid, peer.peer.text);
  }
}

void ProbeReader::ReadSums(HostReading& out) {
  const auto time = [](const ll_wait_sum& sum) {
    return Clock::Duration{static_cast<Clock::Duration::rep>(sum.wait_ns)};
  };
  futexes_.Empty([&](const ll_futex_key& key, const ll_wait_sum& sum) {
    out.futexes.push_back({.tgid = static_cast<pid_t>(key.tgid),
                           .pool_number = key.pool,
                           .address = key.addr,
                           .waited = time(sum),
                           .waits = sum.waits,
                           .owner = static_cast<pid_t>(sum.owner)});
  });
  neighbours_.Empty([&](const ll_neighbour_key& key, const ll_wait_sum& sum) {
    out.neighbours.push_back({.tgid = static_cast<pid_t>(key.tgid),
                              .pool_number = key.pool,
                              .neighbour = static_cast<pid_t>(key.neighbour_tgid),
                              .waited = time(sum),
                              .waits = sum.waits});
  });
  probes_->DetailHasRoom();
}

void ProbeReader::ReadDoors(HostReading& out) {
  if (doors_ == nullptr) {
    return;
  }
  doors_->Read(out.taken_at, out);
  if (doors_->TakeNewPorts()) {
    probes_->SetPorts(doors_->ports());
  }
}

void ProbeReader::ReadLosses(HostReading& out) const {
  const std::vector<ll_counts> counts = probes_->Counts();
  out.losses = LossesFrom(counts, counts_at_start_);
  out.losses.push_back({.what = "recursion", .total = probes_->EventsLeftOut()});
  out.losses.push_back({.what = "idle_addresses_full", .total = idle_.lost()});
  out.losses.push_back({.what = "threads_without_slot", .total = threads_without_slot_});
  out.losses.push_back({.what = "switch_stalled", .total = threads_stalled_});
  out.losses.push_back({.what = "histogram_gates", .total = histogram_gates_taken_});
  holders_.AddLosses(out.losses);
  DoorReader::TellLosses(doors_.get(), out.losses);
  out.probe_run_seconds = ProbeRunSeconds(counts);
  wakes_.ReadCosts(out);
}

absl::Status ProbeReader::ReadHost(HostReading& out) {
  const Reader reader(ledgers_);
  if (absl::Status status = walk_.Walk(reader); !status.ok()) {
    return status;
  }
  out.detail = detail_;
  FinishReading(reader, walk_.records(), out);
  return absl::OkStatus();
}

absl::Status ProbeReader::ReadRegistered(std::span<const pid_t> tgids, HostReading& out) {
  const Reader reader(ledgers_);
  if (absl::Status status = WalkProcesses(tgids); !status.ok()) {
    return status;
  }
  out.detail = detail_;
  out.detail.set(Feature::kUnregistered, false);
  FinishReading(reader, records_, out);
  return absl::OkStatus();
}

void ProbeReader::FinishReading(const Reader& reader, std::span<const ll_record> records,
                                HostReading& out) {
  absl::flat_hash_set<pid_t> alive;
  for (pid_t last = 0; const ll_record& record : records) {
    const auto tgid = static_cast<pid_t>(record.tgid);
    if (tgid != last) {  // Threads of a process mostly follow each other.
      alive.insert(tgid);
    }
    last = tgid;
  }
  const std::uint32_t gone_before = probes_->threads_gone();
  threads_without_slot_ += ReadThreads(reader, records, out);
  gone_.ReadExits();
  if (probes_->threads_going() != gone_before) {
    DropThreadsGoneMeanwhile(reader, out);
  }
  gone_.TakeExited(out.exited);
  out.peers.clear();
  out.futexes.clear();
  out.neighbours.clear();
  out.has_doors = false;
  out.doors.clear();
  out.connections.clear();
  if (detail_.has(Feature::kPeers)) {
    ReadDoors(out);
    gone_.ReadPeers(out.peers);
    CompletePaths(out);
    ReadSums(out);
    holders_.Fill(out);
  }
  gone_.Clean(alive);
  out.histograms.clear();
  if (detail_.has(Feature::kHistograms)) {
    histograms_.Read(out.histograms);
  }
  wakes_.Read(out.detail.has(Feature::kPeers) && out.detail.has(Feature::kUnregistered), out);
  ReadLosses(out);
}

absl::Status ProbeReader::ReadProcesses(std::span<const pid_t> tgids, HostReading& out) {
  out.exited.clear();
  out.peers.clear();
  out.watched = {};
  out.blames.clear();
  out.wakes.clear();
  out.losses.clear();
  out.probe_run_seconds = 0;
  const Reader reader(ledgers_);
  if (absl::Status status = WalkProcesses(tgids); !status.ok()) {
    return status;
  }
  ReadThreads(reader, records_, out);
  return absl::OkStatus();
}

absl::Status ProbeReader::WalkProcesses(std::span<const pid_t> tgids) {
  records_.clear();
  for (const pid_t tgid : tgids) {
    absl::Status status = tgid > 0 ? probes_->Snapshot(tgid, records_) : absl::OkStatus();
    if (!status.ok() && !absl::IsNotFound(status)) {  // Not found: it is gone.
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status ProbeReader::AssignPool(pid_t tid, std::uint32_t pool) {
  if (pool == 0 || pool >= kPoolEnd) {
    return absl::InvalidArgumentError("a pool's number must be in 1..2147483647");
  }
  walk_.Expire();
  return probes_->AssignPool(tid, pool);
}

bool ProbeReader::SetHistogram(std::uint32_t histogram, std::span<const std::uint32_t> pools) {
  if (histogram == LL_HISTOGRAM_OTHERS || histogram >= histograms_.pools()) {
    return false;
  }
  const absl::flat_hash_set<std::uint32_t> wanted(pools.begin(), pools.end());
  bool same_owner = false;
  for (ll_histogram_gate& gate : gates_) {
    if (gate.histogram != histogram) {
      continue;
    }
    if (wanted.contains(gate.pool)) {
      same_owner = true;
      continue;
    }
    gate.histogram = LL_HISTOGRAM_OTHERS;
    probes_->SetHistogram(gate.pool, LL_HISTOGRAM_OTHERS);
  }
  if (!same_owner) {
    histograms_.Restart(histogram);
  }
  bool all = true;
  for (const std::uint32_t pool : wanted) {
    ll_histogram_gate& gate = gates_[pool % LL_HISTOGRAM_GATES];
    if (gate.histogram == LL_HISTOGRAM_OTHERS) {
      gate = {.pool = pool, .histogram = histogram};
      probes_->SetHistogram(pool, histogram);
    } else if (gate.pool != pool) {
      all = false;
      ++histogram_gates_taken_;
    }
  }
  return all;
}

void ProbeReader::SetDetail(const Detail& detail) {
  detail_ = detail;
  walk_.Expire();
  const auto bit = [&](Feature feature, ll_feature of_kernel) {
    return detail.has(feature) ? static_cast<std::uint32_t>(of_kernel) : 0;
  };
  probes_->SetFeatures(LL_FEATURE_SPLIT | bit(Feature::kHistograms, LL_FEATURE_HISTOGRAMS) |
                       bit(Feature::kPeers, LL_FEATURE_PEERS) |
                       bit(Feature::kUnregistered, LL_FEATURE_UNREGISTERED));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> BpfSource::Create() { return Create(Options{}); }

absl::StatusOr<std::unique_ptr<Source>> BpfSource::Create(const Options& options) {
  absl::StatusOr<std::unique_ptr<Probes>> probes = Probes::Load(options);
  if (!probes.ok()) {
    return probes.status();
  }
  return std::make_unique<ProbeReader>(*std::move(probes), options);
}

}  // namespace loadline::agent
