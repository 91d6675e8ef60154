// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/iter_source.h"

#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "agent/src/kernel/bpf_log.h"
#include "agent/src/kernel/door_reader.h"
#include "agent/src/kernel/iterator_link.h"
#include "agent/src/kernel/kernel_features.h"
#include "agent/src/kernel/peer_text.h"
#include "agent/src/kernel/sample.h"
#include "agent/src/kernel/unix_paths.h"
#include "agent/src/sampler/proc_source.h"
#include "agent/src/sampler/thread_looker.h"
#include "loadline/steady_clock.h"
#include "loadline_abi/host.h"
#include "loadline_look_bpf.skel.h"

namespace loadline::agent {
namespace {

// The other maps belong to the programs at the switch, and may be more than this kernel has.
constexpr std::array<std::string_view, 2> kMapsUsed = {"ll_idle", "ll_cpus"};

constexpr std::array<std::string_view, 8> kCannotKnow = {
    "histograms", "neighbours",           "runqueue_split", "waits_between_readings",
    "jvm_locks",  "polls_of_few_sockets", "who_ends_waits", "doors"};  // Last: see Create().

struct SkeletonDeleter {
  void operator()(loadline_look_bpf* skeleton) const { loadline_look_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<loadline_look_bpf, SkeletonDeleter>;

ThreadState StateOf(const ll_look& look) {
  switch (look.state) {
    case LL_STATE_RUNNING:
      return ThreadState::kRunning;
    case LL_STATE_RUNNABLE:
      return ThreadState::kRunnable;
    default:
      return ThreadState::kBlocked;
  }
}

LookedThread ThreadOf(const ll_look& look) {
  LookedThread thread;
  thread.tgid = static_cast<pid_t>(look.tgid);
  thread.tid = static_cast<pid_t>(look.tid);
  thread.facts.name = std::string_view(look.name, sizeof(look.name));
  thread.facts.kernel = look.kernel != 0;
  thread.facts.started_at_ns = look.started_ns;
  thread.facts.image = look.image + 1;
  thread.look.at = Clock::Time{Clock::Duration{static_cast<Clock::Duration::rep>(look.at_ns)}};
  thread.look.state = StateOf(look);
  thread.look.sched = {
      .on_cpu_ns = look.on_cpu_ns, .run_delay_ns = look.run_delay_ns, .runs = look.runs};
  thread.look.status.inner_tid = static_cast<pid_t>(look.tid_inner);
  thread.look.status.voluntary = static_cast<std::int64_t>(look.switches_voluntary);
  thread.look.status.involuntary = static_cast<std::int64_t>(look.switches_involuntary);
  if (thread.look.state == ThreadState::kBlocked) {
    thread.look.wait = {.reason = WaitReasonFrom(look.reason),
                        .peer = {.text = PeerText(look.peer)},
                        .futex = look.wait_addr,
                        .asks = AsksFrom(look.peer.asks),
                        .place = PlaceOf(look.polled),
                        .restarted = look.restarted != 0};
    if (thread.look.wait.reason == WaitReason::kStopped) {
      thread.look.wait.holder = HolderFrom(std::exchange(thread.look.wait.futex, 0));
    }
  }
  return thread;
}

class Looker final : public ThreadLooker {
 public:
  Looker(Skeleton skeleton, std::unique_ptr<DoorReader> doors)
      : skeleton_(std::move(skeleton)), doors_(std::move(doors)) {}

  void ReadDoors(HostReading& out) override {
    if (doors_ != nullptr) {
      doors_->Read(out.taken_at, out);
      if (doors_->TakeNewPorts()) {
        std::ranges::copy(doors_->ports(), skeleton_->bss->ports_listened);
      }
    }
    DoorReader::TellLosses(doors_.get(), out.losses);
  }

  absl::Status Look(std::span<const pid_t> tgids, std::vector<LookedThread>& out) override {
    looks_.clear();
    absl::Status status = tgids.empty() ? Walk(0) : WalkProcesses(tgids);
    if (!status.ok()) {
      return status;
    }
    const absl::flat_hash_set<pid_t> wanted(tgids.begin(), tgids.end());
    paths_.BeginReading();
    out.clear();
    for (const ll_look& look : looks_) {
      if (wanted.empty() || wanted.contains(static_cast<pid_t>(look.tgid))) {
        out.push_back(ThreadOf(look));
        paths_.Complete(out.back().tgid, out.back().look.wait.peer.text);
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Walk(pid_t tgid) {
    bpf_iter_link_info filter{};
    filter.task.pid = static_cast<__u32>(tgid);
    return IteratorLink(skeleton_->progs.ll_look_at, filter).ReadAll(looks_);
  }

  // Kernels before 6.1 walk over all, or refuse.
  absl::Status WalkProcesses(std::span<const pid_t> tgids) {
    for (const pid_t tgid : tgids) {
      const absl::Status status = tgid > 0 ? Walk(tgid) : absl::OkStatus();
      if (!status.ok() && !absl::IsNotFound(status)) {  // Not found: it is gone.
        looks_.clear();
        return Walk(0);
      }
    }
    return absl::OkStatus();
  }

  Skeleton skeleton_;
  std::unique_ptr<DoorReader> doors_;  // Null: this kernel does not let them be read.
  UnixPaths paths_{"/proc"};
  std::vector<ll_look> looks_;  // Kept for its memory.
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> IterSource::Create(int cpus) {
  if (absl::Status status = CheckPidNamespace(); !status.ok()) {
    return status;
  }
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return absl::FailedPreconditionError(
        "/sys/kernel/btf/vmlinux cannot be read: the iterator needs a kernel with "
        "CONFIG_DEBUG_INFO_BTF=y");
  }
  const BpfLog log(nullptr);
  Skeleton skeleton(loadline_look_bpf__open());
  if (skeleton == nullptr) {
    return LoadError(errno, log);
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, skeleton->obj) {
    const std::string_view name = bpf_map__name(map);
    if (name.starts_with("ll_") && std::ranges::find(kMapsUsed, name) == kMapsUsed.end()) {
      bpf_map__set_autocreate(map, false);
    }
  }
  if (const int error = loadline_look_bpf__load(skeleton.get()); error != 0) {
    return LoadError(-error, log);
  }
  std::unique_ptr<DoorReader> doors = DoorReader::Create();
  const std::size_t known = doors == nullptr ? 0 : 1;
  return ProcSource::Create(
      {.clock = &SteadyClock::Get(),
       .cpus = cpus,
       .name = "iter",
       .cannot_know = std::span(kCannotKnow).first(kCannotKnow.size() - known)},
      std::make_unique<Looker>(std::move(skeleton), std::move(doors)));
}

}  // namespace loadline::agent
