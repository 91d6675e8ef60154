// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/wakeup_probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/src/kernel/bpf_log.h"
#include "agent/src/kernel/kernel_features.h"
#include "agent/src/kernel/map_reader.h"
#include "agent/src/kernel/peer_text.h"
#include "agent/src/kernel/preempt_count.h"
#include "agent/src/kernel/recursion_misses.h"
#include "agent/src/sampler/holder.h"
#include "loadline/steady_clock.h"
#include "loadline_abi/wakeups.h"
#include "loadline_wakeups_bpf.skel.h"

namespace loadline::agent {
namespace {

constexpr Clock::Duration kLook = std::chrono::milliseconds{50};

// A walk over all threads takes 0.5 us for each.
constexpr Clock::Duration kKnowAgainEvery = std::chrono::milliseconds{500};

constexpr std::array<std::string_view, LL_WAKE_LOSS_COUNT> kLossNames = {
#define LL_WAKE_LOSS_NAME(name, text) text,
    LL_WAKE_LOSSES(LL_WAKE_LOSS_NAME)
#undef LL_WAKE_LOSS_NAME
};

using PoolNames = std::unordered_map<__u32, WaitPool>;

// The headers that are shared with the other probes declare their maps as well.
void LeaveOutMapsOfOthers(const loadline_wakeups_bpf& skeleton) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, skeleton.obj) {
    const std::string_view name = bpf_map__name(map);
    const bool own = bpf_map__is_internal(map) || map == skeleton.maps.ll_sleepers ||
                     map == skeleton.maps.ll_edges || map == skeleton.maps.ll_edge_pools ||
                     map == skeleton.maps.ll_wake_counts || name == "ll_idle";
    bpf_map__set_autocreate(map, own);
  }
}

// Runs the program once over all threads.
absl::Status WalkThreads(const bpf_program* program) {
  bpf_link* link = bpf_program__attach_iter(program, nullptr);
  const int fd = link == nullptr ? -1 : bpf_iter_create(bpf_link__fd(link));
  std::array<char, 64> nothing{};
  ssize_t got = -1;
  if (fd >= 0) {
    do {
      got = read(fd, nothing.data(), nothing.size());
    } while (got > 0 || (got < 0 && errno == EINTR));
    close(fd);
  }
  const int error = errno;
  bpf_link__destroy(link);
  return got == 0 ? absl::OkStatus() : WalkError(error);
}

std::string Text(const char (&name)[LL_NAME_SIZE]) { return {name, strnlen(name, LL_NAME_SIZE)}; }

WaitPool PoolOf(const PoolNames& names, __u32 pool) {
  const auto found = names.find(pool);
  return found == names.end() ? WaitPool{.tgid = 0, .process = "?", .name = absl::StrCat(pool)}
                              : found->second;
}

std::string TargetOf(const ll_edge_key& key, const ll_edge& edge) {
  if (key.reason == LL_WAIT_STOPPED) {
    return std::string(Name(HolderFrom(edge.addr)));
  }
  if (std::string peer = PeerText(edge.peer); !peer.empty()) {
    return peer;
  }
  return edge.addr == 0 ? "" : absl::StrCat("futex 0x", absl::Hex(edge.addr));
}

WaitEdge EdgeOf(const PoolNames& names, const ll_edge_key& key, const ll_edge& edge) {
  WaitEdge out;
  out.woken = PoolOf(names, key.woken);
  out.reason = WaitReasonFrom(key.reason);
  if (key.waker != 0) {
    out.waker = PoolOf(names, key.waker);
  }
  if (key.waker_reason != LL_DID_NOT_WAIT) {
    out.waker_reason = WaitReasonFrom(key.waker_reason);
  }
  out.waits = edge.waits;
  out.waited = Clock::Duration(edge.wait_ns);
  out.longest = Clock::Duration(edge.longest_ns);
  out.waker_waited = Clock::Duration(edge.waker_waited_ns);
  out.target = TargetOf(key, edge);
  return out;
}

ll_wake_counts Counts(const loadline_wakeups_bpf& skeleton) {
  std::vector<ll_wake_counts> cpus(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  const __u32 key = 0;
  bpf_map_lookup_elem(bpf_map__fd(skeleton.maps.ll_wake_counts), &key, cpus.data());
  ll_wake_counts sum{};
  for (const ll_wake_counts& cpu : cpus) {
    sum.runs += cpu.runs;
    sum.timed_ns += cpu.timed_ns;
    sum.lost_wait_ns += cpu.lost_wait_ns;
    for (std::size_t what = 0; what < LL_WAKE_LOSS_COUNT; ++what) {
      sum.lost[what] += cpu.lost[what];
    }
  }
  return sum;
}

std::uint64_t NestedRuns(const loadline_wakeups_bpf& skeleton) {
  return RecursionMisses(std::array<const bpf_program*, 2>{skeleton.progs.ll_wake_switch,
                                                           skeleton.progs.ll_wake_waking});
}

// Grows when a thread may have begun, or taken a name, unseen.
std::uint64_t Unknown(const loadline_wakeups_bpf& skeleton) {
  return Counts(skeleton).lost[LL_WAKE_LOSS_THREADS] +
         RecursionMisses(std::array<const bpf_program*, 2>{skeleton.progs.ll_wake_newtask,
                                                           skeleton.progs.ll_wake_rename});
}

}  // namespace

absl::StatusOr<std::unique_ptr<WakeupProbes>> WakeupProbes::Attach() {
  const absl::StatusOr<KernelFeatures> features = ProbeKernel();
  if (!features.ok()) {
    return features.status();
  }
  const absl::StatusOr<PreemptCount> count = FindPreemptCount();
  if (!count.ok()) {
    return count.status();
  }
  const BpfLog log(nullptr);
  loadline_wakeups_bpf* skeleton = loadline_wakeups_bpf__open();
  if (skeleton == nullptr) {
    return LoadError(errno, log);
  }
  std::unique_ptr<WakeupProbes> probes(new WakeupProbes(skeleton));
  skeleton->rodata->has_prev_state = features->switch_has_prev_state;
  skeleton->rodata->count_from_rq = count->from_run_queue;
  skeleton->rodata->count_in_interrupt = count->interrupt_mask;
  LeaveOutMapsOfOthers(*skeleton);
  if (const int error = loadline_wakeups_bpf__load(skeleton); error != 0) {
    return LoadError(-error, log);
  }
  if (absl::Status status = probes->Start(); !status.ok()) {
    return status;
  }
  return probes;
}

WakeupProbes::~WakeupProbes() { loadline_wakeups_bpf__destroy(skeleton_); }

// New threads first, then those that there are, so that none is unknown at a switch.
absl::Status WakeupProbes::Start() {
  auto& links = skeleton_->links;
  auto& programs = skeleton_->progs;
  const auto attach = [](const bpf_program* program, bpf_link*& link) {
    link = bpf_program__attach(program);
    return link != nullptr ? absl::OkStatus() : AttachError(errno, bpf_program__name(program));
  };
  absl::Status status = attach(programs.ll_wake_newtask, links.ll_wake_newtask);
  status.Update(attach(programs.ll_wake_rename, links.ll_wake_rename));
  for (int pass = 0; pass < 2 && status.ok(); ++pass) {
    status = WalkThreads(programs.ll_wake_begin);
  }
  if (!status.ok()) {
    return status;
  }
  status = attach(programs.ll_wake_switch, links.ll_wake_switch);
  skeleton_->bss->began_ns =
      static_cast<__u64>(SteadyClock::Get().Now().time_since_epoch().count());
  status.Update(attach(programs.ll_wake_waking, links.ll_wake_waking));
  return status;
}

absl::Status WakeupProbes::KnowAgain() {
  const std::uint64_t unknown = Unknown(*skeleton_);
  const Clock::Time now = SteadyClock::Get().Now();
  if (unknown == unknown_ || now < know_again_at_) {
    return absl::OkStatus();
  }
  unknown_ = unknown;
  know_again_at_ = now + kKnowAgainEvery;
  return WalkThreads(skeleton_->progs.ll_wake_begin);
}

void WakeupProbes::Detach() { loadline_wakeups_bpf__detach(skeleton_); }

Clock::Duration WakeupProbes::ProbeTime() const {
  return Clock::Duration(Counts(*skeleton_).timed_ns * LL_WAKE_TIMED_EVERY);
}

absl::StatusOr<WaitReading> WakeupProbes::Read() const {
  PoolNames names;
  MapReader<__u32, ll_edge_pool> pools(bpf_map__fd(skeleton_->maps.ll_edge_pools));
  for (const auto& [pool, entry] : pools.Read()) {
    names[pool] = {.tgid = static_cast<pid_t>(entry.tgid),
                   .process = Text(entry.process),
                   .name = Text(entry.name)};
  }
  WaitReading reading;
  MapReader<ll_edge_key, ll_edge> edges(bpf_map__fd(skeleton_->maps.ll_edges));
  for (const auto& [key, edge] : edges.Read()) {
    if (edge.waits != 0) {
      reading.edges.push_back(EdgeOf(names, key, edge));
    }
  }
  const ll_wake_counts counts = Counts(*skeleton_);
  reading.probe_time = Clock::Duration(counts.timed_ns * LL_WAKE_TIMED_EVERY);
  reading.lost_wait = Clock::Duration(counts.lost_wait_ns);
  for (std::size_t what = 0; what < LL_WAKE_LOSS_COUNT; ++what) {
    reading.losses.push_back({.what = std::string(kLossNames[what]), .total = counts.lost[what]});
  }
  reading.losses.push_back({.what = "nested", .total = NestedRuns(*skeleton_)});
  return reading;
}

absl::StatusOr<WaitReading> MeasureWaits(const WakeupOptions& options) {
  absl::StatusOr<std::unique_ptr<WakeupProbes>> probes = WakeupProbes::Attach();
  if (!probes.ok()) {
    return probes.status();
  }
  const Clock::Time began = SteadyClock::Get().Now();
  Clock::Duration left = options.time;
  WaitStop stop = WaitStop::kTimeIsUp;
  while (left > Clock::Duration{} && stop == WaitStop::kTimeIsUp) {
    if (options.wait(std::min(left, kLook))) {
      stop = WaitStop::kAsked;
    } else if ((*probes)->ProbeTime() > options.budget) {
      stop = WaitStop::kBudgetIsSpent;
    } else if (absl::Status status = (*probes)->KnowAgain(); !status.ok()) {
      return status;
    }
    left = options.time - (SteadyClock::Get().Now() - began);
  }
  (*probes)->Detach();
  const Clock::Duration lasted = SteadyClock::Get().Now() - began;
  absl::StatusOr<WaitReading> reading = (*probes)->Read();
  if (reading.ok()) {
    reading->lasted = lasted;
    reading->stop = stop;
  }
  return reading;
}

}  // namespace loadline::agent
