// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/src/kernel/bpf_log.h"
#include "agent/src/kernel/iterator_link.h"
#include "agent/src/kernel/kernel_features.h"
#include "agent/src/kernel/recursion_misses.h"
#include "loadline/steady_clock.h"
#include "loadline_bpf.skel.h"

namespace loadline::agent {
namespace {

constexpr int kThreadsMin = 64;
constexpr int kThreadsMax = 1 << 20;

// Pools with histograms of their own, the common one included: as many as fit into 16 MiB, of which
// one takes 14 KiB per CPU.
constexpr std::size_t kHistogramBytes = std::size_t{16} << 20;
constexpr std::size_t kHistogramPoolsMin = 8;
constexpr std::size_t kHistogramPoolsMax = 64;

__u32 HistogramPools() {
  const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
  return static_cast<__u32>(
      std::clamp(kHistogramBytes / (cpus * LL_HISTOGRAM_KINDS * sizeof(ll_histogram)),
                 kHistogramPoolsMin, kHistogramPoolsMax));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Probes>> Probes::Load(const BpfSource::Options& options) {
  if (options.threads_max < kThreadsMin || options.threads_max > kThreadsMax) {
    return absl::InvalidArgumentError(absl::StrCat("threads_max is ", options.threads_max,
                                                   ": it must be in ", kThreadsMin, "..",
                                                   kThreadsMax));
  }
  const absl::StatusOr<KernelFeatures> features = ProbeKernel();
  if (!features.ok()) {
    return features.status();
  }
  const BpfLog log(options.log);
  loadline_bpf* skeleton = loadline_bpf__open();
  if (skeleton == nullptr) {
    return LoadError(errno, log);
  }
  std::unique_ptr<Probes> probes(new Probes(skeleton));
  const auto slots = static_cast<__u32>(options.threads_max) + 1;
  skeleton->rodata->slots_max = slots;
  skeleton->rodata->histogram_pools = HistogramPools();
  skeleton->rodata->has_prev_state = features->switch_has_prev_state;
  skeleton->bss->features = LL_FEATURE_ALL;
  bpf_map__set_max_entries(skeleton->maps.ll_slots, slots);
  bpf_map__set_max_entries(skeleton->maps.ll_owners, slots);
  bpf_map__set_max_entries(skeleton->maps.ll_slots_free, slots);
  bpf_map__set_max_entries(
      skeleton->maps.ll_histograms,
      static_cast<__u32>(libbpf_num_possible_cpus()) * HistogramPools() * LL_HISTOGRAM_KINDS);
  if (const int error = loadline_bpf__load(skeleton); error != 0) {
    return LoadError(-error, log);
  }
  if (absl::Status status = probes->MapSlots(); !status.ok()) {
    return status;
  }
  if (absl::Status status = probes->MapHistograms(); !status.ok()) {
    return status;
  }
  if (absl::Status status = probes->MapNews(); !status.ok()) {
    return status;
  }
  if (absl::Status status = probes->Attach(options.thread_events); !status.ok()) {
    return status;
  }
  return probes;
}

Probes::Probes(loadline_bpf* skeleton)
    : skeleton_(skeleton), idle_gates_(sizeof(skeleton->bss->idle_gates)) {}

Probes::~Probes() {
  if (!slots_.empty()) {
    munmap(const_cast<ll_slot*>(slots_.data()), slots_.size_bytes());
  }
  if (!histograms_.empty()) {
    munmap(const_cast<ll_histogram*>(histograms_.data()), histograms_.size_bytes());
  }
  if (!news_.empty()) {
    munmap(const_cast<ll_record*>(news_.data()), news_.size_bytes());
  }
  loadline_bpf__destroy(skeleton_);
}

const ll_ledger_header& Probes::header() const {
  return *reinterpret_cast<const ll_ledger_header*>(slots_.data());
}

absl::Status Probes::MapSlots() {
  const std::size_t count = bpf_map__max_entries(skeleton_->maps.ll_slots);
  const int fd = bpf_map__fd(skeleton_->maps.ll_slots);
  void* memory = mmap(nullptr, count * sizeof(ll_slot), PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    return absl::ErrnoToStatus(errno, "cannot map the slots");
  }
  slots_ = {static_cast<const ll_slot*>(memory), count};

  ll_ledger_header header{};
  header.version = LL_ABI_VERSION;
  header.slots = static_cast<__u32>(count);
  const __u32 index = 0;
  const ll_exit_key nameless{};
  const ll_exit nothing{};
  if (bpf_map_update_elem(fd, &index, &header, BPF_ANY) != 0 ||
      bpf_map_update_elem(exits_fd(), &nameless, &nothing, BPF_ANY) != 0) {
    return absl::ErrnoToStatus(errno, "cannot prepare the maps");
  }
  return absl::OkStatus();
}

absl::Status Probes::MapHistograms() {
  const std::size_t count = bpf_map__max_entries(skeleton_->maps.ll_histograms);
  void* memory = mmap(nullptr, count * sizeof(ll_histogram), PROT_READ, MAP_SHARED,
                      bpf_map__fd(skeleton_->maps.ll_histograms), 0);
  if (memory == MAP_FAILED) {
    return absl::ErrnoToStatus(errno, "cannot map the histograms");
  }
  histograms_ = {static_cast<const ll_histogram*>(memory), count};
  return absl::OkStatus();
}

absl::Status Probes::MapNews() {
  void* memory = mmap(nullptr, LL_NEWS_MAX * sizeof(ll_record), PROT_READ, MAP_SHARED,
                      bpf_map__fd(skeleton_->maps.ll_news), 0);
  if (memory == MAP_FAILED) {
    return absl::ErrnoToStatus(errno, "cannot map the news of threads");
  }
  news_ = {static_cast<const ll_record*>(memory), LL_NEWS_MAX};
  return absl::OkStatus();
}

// The switches first, because they compare the clocks, and everything else is stamped with the
// result. New threads next, so that the walk, which gives slots to the old ones, misses none.
absl::Status Probes::Attach(bool thread_events) {
  skeleton_->bss->agent_tgid = static_cast<__u32>(getpid());
  skeleton_->links.ll_switch = bpf_program__attach(skeleton_->progs.ll_switch);
  if (skeleton_->links.ll_switch == nullptr) {
    return AttachError(errno, "sched_switch");
  }
  const volatile __s64& offset = header().clock_offset_ns;
  for (int tries = 0; tries < 2000 && offset == 0; ++tries) {
    poll(nullptr, 0, 1);  // Leaves the CPU and comes back.
  }
  if (offset == 0) {
    return absl::InternalError("the probe at sched_switch does not run");
  }
  if (absl::Status status = thread_events ? AttachThreadEvents() : absl::OkStatus(); !status.ok()) {
    return status;
  }
  std::vector<ll_record> everybody;
  absl::Status status = Snapshot(0, everybody);
  skeleton_->bss->events_since_ns = WalkBeganNs();
  return status;
}

absl::Status Probes::AttachThreadEvents() {
  skeleton_->links.ll_newtask = bpf_program__attach(skeleton_->progs.ll_newtask);
  skeleton_->links.ll_rename = bpf_program__attach(skeleton_->progs.ll_rename);
  skeleton_->links.ll_exec = bpf_program__attach(skeleton_->progs.ll_exec);
  if (skeleton_->links.ll_newtask == nullptr || skeleton_->links.ll_rename == nullptr ||
      skeleton_->links.ll_exec == nullptr) {
    return AttachError(errno, "the life of threads");
  }
  has_thread_events_ = true;
  return absl::OkStatus();
}

absl::Status Probes::Snapshot(pid_t tgid, std::vector<ll_record>& out) {
  bpf_iter_link_info filter{};
  filter.task.pid = static_cast<__u32>(tgid);
  const auto before = static_cast<std::ptrdiff_t>(out.size());
  absl::Status status = IteratorLink(skeleton_->progs.ll_snapshot, filter).ReadAll(out);
  if (tgid != 0) {  // `tgid` may be a mere thread's, and not all kernels have the filter.
    const auto others = std::remove_if(
        out.begin() + before, out.end(),
        [tgid](const ll_record& record) { return record.tgid != static_cast<__u32>(tgid); });
    out.erase(others, out.end());
  }
  return status;
}

// Each run looks at some slots and stops early where there is no room for more news.
absl::Status Probes::LookForNews(const NewsSince& since, std::vector<ll_record>& out) {
  skeleton_->bss->news_begin_ns = since.started_ns;
  skeleton_->bss->news_waits_ns = since.waits_ns;
  const volatile __u32& at = skeleton_->bss->news_at;
  skeleton_->bss->news_at = 1;
  const int fd = bpf_program__fd(skeleton_->progs.ll_look_for_news);
  for (__u32 before = 0; before != at && at < slots_.size();) {
    before = at;
    LIBBPF_OPTS(bpf_test_run_opts, options);
    if (bpf_prog_test_run_opts(fd, &options) != 0) {
      return absl::ErrnoToStatus(errno, "cannot look for news of threads");
    }
    out.insert(out.end(), news_.begin(),
               news_.begin() + std::min<__u32>(options.retval, LL_NEWS_MAX));
  }
  return absl::OkStatus();
}

std::uint64_t Probes::WalkBeganNs() const {
  return __atomic_load_n(&skeleton_->bss->walk_began_ns, __ATOMIC_RELAXED);
}

std::uint32_t Probes::threads_going() const {
  return __atomic_load_n(&skeleton_->bss->threads_going, __ATOMIC_ACQUIRE);
}

std::uint32_t Probes::threads_gone() const {
  return __atomic_load_n(&skeleton_->bss->threads_gone, __ATOMIC_ACQUIRE);
}

std::uint32_t Probes::walks_wanted() const {
  return __atomic_load_n(&skeleton_->bss->walks_wanted, __ATOMIC_RELAXED);
}

std::uint64_t Probes::NowNs() const {
  return static_cast<std::uint64_t>(SteadyClock::Get().Now().time_since_epoch().count() -
                                    header().clock_offset_ns);
}

absl::Status Probes::AssignPool(pid_t tid, std::uint32_t pool) {
  skeleton_->bss->tid_to_assign = static_cast<__u32>(tid);
  skeleton_->bss->pool_to_assign = pool;
  bpf_iter_link_info filter{};
  filter.task.tid = static_cast<__u32>(tid);
  std::vector<__u32> assigned;
  if (absl::Status status = IteratorLink(skeleton_->progs.ll_assign, filter).ReadAll(assigned);
      !status.ok() && status.code() != absl::StatusCode::kNotFound) {
    return status;
  }
  return assigned.empty() ? absl::NotFoundError(absl::StrCat("no thread ", tid)) : absl::OkStatus();
}

absl::Status Probes::Move(pid_t tgid, ll_move_pass pass, std::uint32_t to,
                          std::vector<ll_moved>& out) {
  skeleton_->bss->move_tgid = static_cast<__u32>(tgid);
  skeleton_->bss->move_pass = pass;
  skeleton_->bss->move_to = to;
  bpf_iter_link_info filter{};
  filter.task.pid = static_cast<__u32>(tgid);
  return IteratorLink(skeleton_->progs.ll_move_threads, filter).ReadAll(out);
}

absl::Status Probes::SetLedger(std::uint32_t ledger, int fd) {
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.ll_ledgers), &ledger, &fd, BPF_ANY) != 0) {
    return absl::ErrnoToStatus(errno, "cannot add a ledger");
  }
  return absl::OkStatus();
}

absl::Status Probes::DropLedger(std::uint32_t ledger) {
  if (bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.ll_ledgers), &ledger) != 0) {
    return absl::ErrnoToStatus(errno, "cannot remove a ledger");
  }
  return absl::OkStatus();
}

absl::Status Probes::SetRegistration(pid_t tgid, const ll_registration& registration) {
  const int fd = bpf_map__fd(skeleton_->maps.ll_registered);
  if (bpf_map_update_elem(fd, &tgid, &registration, BPF_ANY) != 0) {
    return absl::ErrnoToStatus(errno, "cannot register a process");
  }
  return absl::OkStatus();
}

bool Probes::DropRegistration(pid_t tgid) {
  return bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.ll_registered), &tgid) == 0;
}

bool Probes::HasRegistration(pid_t tgid) const {
  ll_registration found{};
  return bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.ll_registered), &tgid, &found) == 0;
}

void Probes::SetLedgersEnd(std::uint32_t end) { skeleton_->bss->ledgers_end = end; }

absl::Status Probes::ShowAlive() {
  bpf_iter_link_info filter{};
  filter.task.tid = static_cast<__u32>(getpid());
  std::vector<char> nothing;
  return IteratorLink(skeleton_->progs.ll_alive, filter).ReadAll(nothing);
}

std::vector<ll_counts> Probes::Counts() const {
  const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
  const std::size_t stride =
      (std::size_t{bpf_map__value_size(skeleton_->maps.ll_cpus)} + 7) / 8 * 8;
  std::vector<char> values(cpus * stride);
  const __u32 key = 0;
  std::vector<ll_counts> counts(cpus);
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.ll_cpus), &key, values.data()) == 0) {
    for (std::size_t cpu = 0; cpu < cpus; ++cpu) {
      std::memcpy(&counts[cpu], values.data() + cpu * stride, sizeof(ll_counts));
    }
  }
  return counts;
}

std::uint64_t Probes::EventsLeftOut() const {
  const auto& programs = skeleton_->progs;
  return RecursionMisses(std::array<const bpf_program*, 4>{programs.ll_switch, programs.ll_newtask,
                                                           programs.ll_rename, programs.ll_exec});
}

void Probes::CompareThreads(bool wanted) {
  skeleton_->bss->events_left_out = wanted || !has_thread_events_;
}

int Probes::switch_program_fd() const { return bpf_program__fd(skeleton_->progs.ll_switch); }
int Probes::exits_fd() const { return bpf_map__fd(skeleton_->maps.ll_exits); }
int Probes::peers_fd() const { return bpf_map__fd(skeleton_->maps.ll_peers); }
int Probes::futexes_fd() const { return bpf_map__fd(skeleton_->maps.ll_futexes); }
int Probes::neighbours_fd() const { return bpf_map__fd(skeleton_->maps.ll_neighbours); }
int Probes::idle_fd() const { return bpf_map__fd(skeleton_->maps.ll_idle); }
int Probes::threads_fd() const { return bpf_map__fd(skeleton_->maps.ll_threads); }
int Probes::slots_fd() const { return bpf_map__fd(skeleton_->maps.ll_slots); }
int Probes::ledgers_fd() const { return bpf_map__fd(skeleton_->maps.ll_ledgers); }

void Probes::SetIdleGate(pid_t tgid, bool open) {
  const std::size_t gate = static_cast<std::size_t>(tgid) % idle_gates_.size();
  idle_gates_[gate] += open ? 1 : -1;
  skeleton_->bss->idle_gates[gate] = idle_gates_[gate] > 0;
}

void Probes::DetailHasRoom() {
  for (__u8& full : skeleton_->bss->detail_full) {
    __atomic_store_n(&full, 0, __ATOMIC_RELAXED);
  }
}

// What was left out begins anew: the time in between is nobody's.
void Probes::SetFeatures(std::uint32_t features) {
  const std::uint32_t gained = features & ~skeleton_->bss->features;
  if ((gained & LL_FEATURE_UNREGISTERED) != 0) {
    skeleton_->bss->resumed_ns = NowNs();
  }
  __atomic_store_n(&skeleton_->bss->features, features, __ATOMIC_RELEASE);
}

void Probes::SetPorts(std::span<const std::uint8_t> ports) {
  std::ranges::copy(ports, skeleton_->bss->ports_listened);
}

std::span<const std::uint8_t> Probes::ports() const { return skeleton_->bss->ports_listened; }

std::uint32_t Probes::histogram_pools() const { return skeleton_->rodata->histogram_pools; }

void Probes::SetHistogram(std::uint32_t pool, std::uint32_t histogram) {
  ll_histogram_gate& gate = skeleton_->bss->histogram_gates[pool % LL_HISTOGRAM_GATES];
  __atomic_store_n(&gate.histogram, LL_HISTOGRAM_OTHERS, __ATOMIC_RELEASE);
  __atomic_store_n(&gate.pool, pool, __ATOMIC_RELEASE);
  __atomic_store_n(&gate.histogram, histogram, __ATOMIC_RELEASE);
}

}  // namespace loadline::agent
