// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/bottleneck_book.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "agent/src/model/condition_address.h"
#include "agent/src/model/pool_book.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

using control::Bottleneck;

constexpr double kRunsMin = 0.05;         // CPUs in use below which C decides nothing.
constexpr int kEphemeralPortMin = 32768;  // Linux: net.ipv4.ip_local_port_range.
constexpr std::string_view kMmapLock = "mmap_lock";
constexpr std::string_view kFileLock = "a lock on a file";

// Rows that stand for several peers.
bool IsMany(std::string_view address) {
  return address == "other" || address == "unknown" || address.ends_with(":*");
}

bool IsClient(const PeerRow& peer) {
  const std::size_t colon = peer.address.rfind(':');
  if (peer.threads > 1 || colon == std::string::npos) {
    return false;
  }
  int port = 0;
  const char* const end = peer.address.data() + peer.address.size();
  const auto [read, error] = std::from_chars(peer.address.data() + colon + 1, end, port);
  return error == std::errc() && read == end && port >= kEphemeralPortMin;
}

const PeerRow* SlowestPeer(const PoolRow& row) {
  const PeerRow* most = nullptr;
  for (const PeerRow& peer : row.peers) {
    if (!IsMany(peer.address) && !IsClient(peer) &&
        (most == nullptr || peer.increment > most->increment)) {
      most = &peer;
    }
  }
  return most;
}

// Threads on the condition that most of a pool's threads wait on, unless that is for work.
struct Crowd {
  std::uint64_t address = 0;
  int threads = 0;
};
Crowd LargestCrowd(const PoolRow& row) {
  Crowd most;
  for (const FutexRow& futex : row.futexes) {
    if (futex.threads == 0 || futex.address == row.home ||
        ConditionAddress(futex.address) == row.home) {
      continue;
    }
    int threads = 0;
    for (const FutexRow& other : row.futexes) {
      threads +=
          ConditionAddress(other.address) == ConditionAddress(futex.address) ? other.threads : 0;
    }
    if (threads > most.threads) {
      most = {.address = futex.address, .threads = threads};
    }
  }
  return most;
}

template <typename Rows, typename Time>
const typename Rows::value_type* Largest(const Rows& rows, Time time) {
  const auto most = std::ranges::max_element(rows, std::less(), time);
  return most == rows.end() || std::invoke(time, *most) <= Clock::Duration::zero() ? nullptr
                                                                                   : &*most;
}

std::string NeighbourOf(const PoolRow& row) {
  const NeighbourRow* most = Largest(row.neighbours, &NeighbourRow::increment);
  return most == nullptr ? "" : most->process;
}

std::string CrowdedFutex(const PoolRow& row) {
  const Crowd crowd = LargestCrowd(row);
  return crowd.threads == 0 ? "" : fmt::format("futex {:#x}", crowd.address);
}

std::string LockOf(const PoolRow& row) {
  const Clock::Duration in_process = row.increment.blocked_for(WaitReason::kLock);
  const Clock::Duration in_kernel = row.increment.blocked_for(WaitReason::kKernelLock);
  const Clock::Duration on_file = row.increment.blocked_for(WaitReason::kFileLock);
  if (on_file > in_process && on_file > in_kernel) {
    return std::string(kFileLock);
  }
  return in_kernel > in_process ? std::string(kMmapLock) : CrowdedFutex(row);
}

std::string LoopKeptBy(const PoolRow& row) {
  const auto most = std::ranges::max_element(row.increment.loop_blocked);
  return *most <= Clock::Duration::zero() ? ""
                                          : std::string(LoopBlockedName(static_cast<std::size_t>(
                                                most - row.increment.loop_blocked.begin())));
}

// What the class is about: who or what to look at.
std::string SubjectOf(const control::Verdict& verdict, const PoolRow& row) {
  switch (verdict.bottleneck) {
    case Bottleneck::kNeighbour:
      return NeighbourOf(row);
    case Bottleneck::kLock:
      return LockOf(row);
    case Bottleneck::kDepSlow: {
      const PeerRow* peer = SlowestPeer(row);
      return peer == nullptr ? "" : peer->address;
    }
    case Bottleneck::kHandoff:
      return CrowdedFutex(row);
    case Bottleneck::kEventLoopBlocked:
      return LoopKeptBy(row);
    case Bottleneck::kThrottled:
      return row.container;
    default:
      return verdict.modifier == Bottleneck::kNeighbour ? NeighbourOf(row) : "";
  }
}

std::optional<Bottleneck> ClassNamed(std::string_view name) {
  const auto found = std::ranges::find(control::kBottleneckNames, name);
  if (found == control::kBottleneckNames.end()) {
    return std::nullopt;
  }
  return static_cast<Bottleneck>(found - control::kBottleneckNames.begin());
}

// A class that says more than another of the same pool.
bool SaysMore(Bottleneck one, Bottleneck other) {
  const auto rank = [](Bottleneck b) {
    return b == Bottleneck::kHealthy ? 0 : b == Bottleneck::kAppLimited ? 1 : 2;
  };
  return rank(one) > rank(other);
}

void TakeServicesWord(const ServiceState& service, std::vector<PoolRow>& rows) {
  for (const v1::LimiterReport& limiter : service.limiters) {
    const std::optional<Bottleneck> said = ClassNamed(limiter.bottleneck());
    const auto row = std::ranges::find_if(rows, [&](const PoolRow& one) {
      return one.pid == service.tgid && one.registered && one.pool == limiter.pool();
    });
    if (!said || *said == Bottleneck::kStale || row == rows.end()) {
      continue;
    }
    std::optional<PoolBottleneck>& known = row->bottleneck;
    if (!known || !known->told || SaysMore(*said, known->diagnosis.verdict.bottleneck)) {
      known.emplace().told = true;
      known->diagnosis.verdict = {.bottleneck = *said, .confidence = 1};
      known->subject = SubjectOf(known->diagnosis.verdict, *row);
    }
  }
}

}  // namespace

double BottleneckBook::CpusOfRow(const Reading& reading, const PoolRow& row, Entry& entry) const {
  const Clock::Duration span = reading.taken_at - entry.read_at;
  const double ran = Seconds(row.increment.on_cpu + row.increment.RunQueue());
  const bool matters = ran > kRunsMin * Seconds(span);
  if (++entry.cpus_age > kCpusAgain && matters) {
    entry.cpus = cpus_of_(row.pid);
    entry.cpus_age = 0;
  }
  return entry.cpus > 0 ? std::min(entry.cpus, static_cast<double>(reading.cpus)) : reading.cpus;
}

void BottleneckBook::Classify(const Reading& reading, PoolRow& row) {
  std::unique_ptr<Entry>& slot = entries_[{row.pid, row.pool}];
  if (slot == nullptr) {
    slot = std::make_unique<Entry>();
    slot->seen = reading_;
    slot->read_at = reading.taken_at;
    return;  // For how long it has been counted is not known.
  }
  Entry& entry = *slot;
  entry.seen = reading_;
  control::KernelWindow window;
  window.signal.taken_at = reading.taken_at;
  window.signal.span = reading.taken_at - entry.read_at;
  window.signal.threads = row.threads.all();
  window.signal.counters = row.increment;
  window.signal.step = SignalStep::kStream;
  window.cpus = CpusOfRow(reading, row, entry);
  window.sampled = reading.sampled;
  entry.read_at = reading.taken_at;
  const double span = Seconds(window.signal.span);
  if (!(span > 0)) {
    return;
  }
  for (const PeerRow& peer : row.peers) {
    window.peers_wait += Seconds(peer.increment) / span;
  }
  if (const PeerRow* peer = SlowestPeer(row)) {
    window.peer_wait = Seconds(peer->increment) / span;
  }
  if (row.threads.waiting > 0) {
    window.condition_share = static_cast<double>(LargestCrowd(row).threads) / row.threads.waiting;
  }
  window.event_loops = row.event_loops;
  for (const Clock::Duration kept : row.increment.loop_blocked) {
    window.loops_kept += Seconds(kept) / span;
  }
  row.bottleneck.emplace();
  row.bottleneck->diagnosis = entry.classifier.Add(window);
  row.bottleneck->subject = SubjectOf(row.bottleneck->diagnosis.verdict, row);
}

void BottleneckBook::Update(const Reading& reading, std::span<const ServiceState> services,
                            std::vector<PoolRow>& rows) {
  ++reading_;
  for (PoolRow& row : rows) {
    row.bottleneck.reset();
    if (row.pid != PoolBook::kKernelPid) {
      Classify(reading, row);
    }
  }
  absl::erase_if(entries_, [&](const auto& item) { return item.second->seen != reading_; });
  for (const ServiceState& service : services) {
    TakeServicesWord(service, rows);
  }
}

}  // namespace loadline::agent
