// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/holder_probe.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <string_view>

#include "agent/src/kernel/bpf_log.h"
#include "agent/src/kernel/iterator_link.h"
#include "loadline_holders_bpf.skel.h"

namespace loadline::agent {
namespace {

// More than these, and one walk over all threads of the host is cheaper.
constexpr std::size_t kProcessesMax = 8;

}  // namespace

absl::StatusOr<std::unique_ptr<HolderProbe>> HolderProbe::Load() {
  const BpfLog log(nullptr);
  loadline_holders_bpf* skeleton = loadline_holders_bpf__open();
  if (skeleton == nullptr) {
    return LoadError(errno, log);
  }
  std::unique_ptr<HolderProbe> probe(new HolderProbe(skeleton));
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, skeleton->obj) {  // The headers declare those of the others.
    bpf_map__set_autocreate(map, bpf_map__is_internal(map));
  }
  if (const int error = loadline_holders_bpf__load(skeleton); error != 0) {
    return LoadError(-error, log);
  }
  return probe;
}

HolderProbe::~HolderProbe() { loadline_holders_bpf__destroy(skeleton_); }

absl::Status HolderProbe::Walk(std::span<const pid_t> tgids, std::vector<ll_lock_holder>& out) {
  const auto walk = [&](pid_t tgid) {
    bpf_iter_link_info filter{};
    filter.task.pid = static_cast<__u32>(tgid);
    return IteratorLink(skeleton_->progs.ll_look_for_holders, filter).ReadAll(out);
  };
  if (tgids.size() > kProcessesMax) {
    return walk(0);
  }
  for (const pid_t tgid : tgids) {
    if (absl::Status status = walk(tgid); !status.ok() && !absl::IsNotFound(status)) {
      return status;  // Not found: it is gone.
    }
  }
  return absl::OkStatus();
}

std::uint64_t HolderProbe::unreadable() const {
  return __atomic_load_n(&skeleton_->bss->words_unreadable, __ATOMIC_RELAXED);
}

}  // namespace loadline::agent
