// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/wake_watch.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/kernel/bpf_log.h"
#include "agent/src/kernel/preempt_count.h"
#include "agent/src/kernel/probes.h"
#include "agent/src/kernel/recursion_misses.h"
#include "loadline/steady_clock.h"
#include "loadline_blame_bpf.skel.h"

namespace loadline::agent {
namespace {

static_assert(static_cast<int>(WakerDid::kUnknown) == LL_DID_UNKNOWN);
static_assert(static_cast<int>(WakerDid::kRan) == LL_DID_RAN);
static_assert(static_cast<int>(WakerDid::kWaited) == LL_DID_WAIT);
static_assert(static_cast<int>(WakerDid::kRested) == LL_DID_REST);
static_assert(static_cast<int>(WakerDid::kInterrupt) == LL_DID_INTERRUPT);
static_assert(static_cast<int>(WakerDid::kQueued) == LL_DID_QUEUE);
static_assert(kWakerDidCount == LL_DID_COUNT);

constexpr std::array<std::string_view, LL_BLAME_LOSS_COUNT> kWakeLossNames = {
#define LL_BLAME_LOSS_NAME(name, text) text,
    LL_BLAME_LOSSES(LL_BLAME_LOSS_NAME)
#undef LL_BLAME_LOSS_NAME
};

// Those that it shares are given to it, its own are made, and those that the headers only declare
// are left out.
absl::Status ShareMaps(const loadline_blame_bpf& skeleton, const Probes& probes) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, skeleton.obj) {
    const bool own = bpf_map__is_internal(map) || map == skeleton.maps.ll_paths ||
                     map == skeleton.maps.ll_blames || map == skeleton.maps.ll_pool_wakes ||
                     map == skeleton.maps.ll_blame_counts || map == skeleton.maps.ll_shares;
    bpf_map__set_autocreate(map, own);
  }
  for (const auto& [shared, fd] : {std::pair{skeleton.maps.ll_threads, probes.threads_fd()},
                                   std::pair{skeleton.maps.ll_slots, probes.slots_fd()},
                                   std::pair{skeleton.maps.ll_ledgers, probes.ledgers_fd()}}) {
    bpf_map__set_autocreate(shared, true);
    if (const int error = bpf_map__reuse_fd(shared, fd); error != 0) {
      return absl::ErrnoToStatus(-error, "cannot share a map of the probes");
    }
  }
  return absl::OkStatus();
}

}  // namespace

void WakeWatch::Unload::operator()(loadline_blame_bpf* skeleton) const {
  loadline_blame_bpf__destroy(skeleton);
}

WakeWatch::WakeWatch(const Probes& probes, const WatchOptions& options)
    : probes_(probes), options_(options), schedule_(options) {}

WakeWatch::~WakeWatch() = default;

absl::Status WakeWatch::Load() {
  const absl::StatusOr<PreemptCount> count = FindPreemptCount();
  if (!count.ok()) {
    return count.status();
  }
  const BpfLog log(nullptr);
  std::unique_ptr<loadline_blame_bpf, Unload> skeleton(loadline_blame_bpf__open());
  if (skeleton == nullptr) {
    return LoadError(errno, log);
  }
  skeleton->rodata->count_from_rq = count->from_run_queue;
  skeleton->rodata->count_in_interrupt = count->interrupt_mask;
  if (absl::Status status = ShareMaps(*skeleton, probes_); !status.ok()) {
    return status;
  }
  if (const int error = loadline_blame_bpf__load(skeleton.get()); error != 0) {
    return LoadError(-error, log);
  }
  skeleton_ = std::move(skeleton);
  return absl::OkStatus();
}

void WakeWatch::Watch(std::span<const std::pair<pid_t, std::uint32_t>> pools) {
  wanted_ = !pools.empty();
  if (wanted_ && skeleton_ == nullptr && !refused_) {
    refused_ = !Load().ok();
  }
  if (skeleton_ == nullptr) {
    return;
  }
  std::array<__u8, LL_BLAME_GATES> processes{};
  std::array<__u8, LL_BLAME_GATES> numbers{};
  for (const auto& [tgid, pool] : pools) {
    if (tgid == 0) {
      processes.fill(1);
    }
    if (pool == 0) {
      numbers.fill(1);
    }
    processes[static_cast<__u32>(tgid) % LL_BLAME_GATES] = 1;
    numbers[pool % LL_BLAME_GATES] = 1;
  }
  std::ranges::copy(processes, skeleton_->bss->blame_processes);
  std::ranges::copy(numbers, skeleton_->bss->blame_pools);
}

void WakeWatch::Read(bool allowed, HostReading& out) {
  out.watched = {};
  out.blames.clear();
  out.wakes.clear();
  if (skeleton_ == nullptr) {
    return;
  }
  switch (schedule_.Next(SteadyClock::Get().Now(), wanted_ && allowed)) {
    case WatchSchedule::Step::kNone:
      break;
    case WatchSchedule::Step::kBegin:
      Begin();
      break;
    case WatchSchedule::Step::kEnd:
      End(out);
      break;
  }
}

void WakeWatch::Begin() {
  auto& bss = *skeleton_->bss;
  const auto span = static_cast<double>(options_.span.count());
  bss.spent_ns = 0;
  bss.budget_ns = static_cast<__u64>(span * options_.share_max);
  std::ranges::copy(probes_.ports(), bss.ports_listened);
  bss.watch_since_ns = probes_.NowNs();
  bss.watch_until_ns = bss.watch_since_ns + static_cast<__u64>(span);
  __atomic_store_n(&bss.watching, 1, __ATOMIC_RELEASE);
  skeleton_->links.ll_blame_waking = bpf_program__attach(skeleton_->progs.ll_blame_waking);
  if (skeleton_->links.ll_blame_waking == nullptr) {
    bss.watching = 0;
    bss.watch_until_ns = bss.watch_since_ns;
  }
}

void WakeWatch::End(HostReading& out) {
  auto& bss = *skeleton_->bss;
  bpf_link__destroy(std::exchange(skeleton_->links.ll_blame_waking, nullptr));
  __atomic_store_n(&bss.watching, 0, __ATOMIC_RELEASE);
  const std::uint64_t until = std::min<std::uint64_t>(bss.watch_until_ns, probes_.NowNs());
  out.watched = Clock::Duration(static_cast<Clock::Duration::rep>(
      until - std::min<std::uint64_t>(until, bss.watch_since_ns)));
  cut_short_ += bss.spent_ns >= bss.budget_ns ? 1 : 0;
  SumTable<ll_blame_key, ll_blame>(bpf_map__fd(skeleton_->maps.ll_blames))
      .Empty([&](const ll_blame_key& key, const ll_blame& sum) {
        out.blames.push_back({.tgid = static_cast<pid_t>(key.tgid),
                              .pool_number = key.pool,
                              .waited_for = WaitReasonFrom(key.waited_for),
                              .waker_tgid = static_cast<pid_t>(key.waker_tgid),
                              .waker_pool_number = key.waker_pool,
                              .did = static_cast<WakerDid>(key.did % kWakerDidCount),
                              .reason = WaitReasonFrom(key.reason),
                              .waited = Clock::Duration(sum.wait_ns),
                              .waits = sum.waits});
      });
  SumTable<ll_pool_wakes_key, __u64>(bpf_map__fd(skeleton_->maps.ll_pool_wakes))
      .Empty([&](const ll_pool_wakes_key& key, __u64 wakes) {
        out.wakes.push_back({.waker_tgid = static_cast<pid_t>(key.waker_tgid),
                             .waker_pool_number = key.waker_pool,
                             .woken_tgid = static_cast<pid_t>(key.tgid),
                             .woken_pool_number = key.pool,
                             .wakes = wakes});
      });
}

ll_blame_counts WakeWatch::Counts() const {
  ll_blame_counts sum{};
  if (skeleton_ == nullptr) {
    return sum;
  }
  std::vector<ll_blame_counts> cpus(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  const __u32 key = 0;
  bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.ll_blame_counts), &key, cpus.data());
  for (const ll_blame_counts& cpu : cpus) {
    sum.runs += cpu.runs;
    sum.timed_ns += cpu.timed_ns;
    for (std::size_t what = 0; what < LL_BLAME_LOSS_COUNT; ++what) {
      sum.lost[what] += cpu.lost[what];
    }
  }
  return sum;
}

void WakeWatch::ReadCosts(HostReading& out) const {
  const ll_blame_counts counts = Counts();
  for (std::size_t what = 0; what < LL_BLAME_LOSS_COUNT; ++what) {
    out.losses.push_back({.what = std::string(kWakeLossNames[what]), .total = counts.lost[what]});
  }
  std::uint64_t nested = 0;
  if (skeleton_ != nullptr) {
    nested = RecursionMisses(std::array<const bpf_program*, 1>{skeleton_->progs.ll_blame_waking});
  }
  out.losses.push_back({.what = "wake_nested", .total = nested});
  out.losses.push_back({.what = "wake_budget", .total = cut_short_});
  out.losses.push_back({.what = "wake_refused", .total = refused_ ? 1U : 0U});
  out.probe_run_seconds += static_cast<double>(counts.timed_ns) * 1e-9 * LL_BLAME_TIMED_EVERY;
}

}  // namespace loadline::agent
