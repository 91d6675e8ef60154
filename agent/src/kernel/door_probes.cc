// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/door_probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "agent/src/kernel/bpf_log.h"
#include "agent/src/kernel/iterator_link.h"
#include "agent/src/kernel/kernel_features.h"
#include "loadline_doors_bpf.skel.h"

namespace loadline::agent {
namespace {

constexpr std::size_t kFoundWords = sizeof(ll_found_socket) / sizeof(std::uint64_t);
constexpr std::size_t kPathWords = LL_PATH_MAX / sizeof(std::uint64_t);

// As PeerText() has it.
std::string PathText(const void* bytes, std::size_t size) {
  std::string path(static_cast<const char*>(bytes), std::min<std::size_t>(size, LL_PATH_MAX));
  std::ranges::replace(path, '\0', '@');
  return path;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DoorProbes>> DoorProbes::Load() {
  if (absl::Status status = CheckPidNamespace(); !status.ok()) {
    return status;
  }
  const BpfLog log(nullptr);
  loadline_doors_bpf* skeleton = loadline_doors_bpf__open();
  if (skeleton == nullptr) {
    return LoadError(errno, log);
  }
  std::unique_ptr<DoorProbes> probes(new DoorProbes(skeleton));
  if (const int error = loadline_doors_bpf__load(skeleton); error != 0) {
    return LoadError(-error, log);
  }
  if (absl::Status status = probes->MapSockets(); !status.ok()) {
    return status;
  }
  return probes;
}

DoorProbes::~DoorProbes() {
  if (!sockets_.empty()) {
    munmap(sockets_.data(), sockets_.size_bytes());
  }
  loadline_doors_bpf__destroy(skeleton_);
}

absl::Status DoorProbes::MapSockets() {
  void* memory = mmap(nullptr, LL_SOCKETS_MAX * sizeof(ll_socket), PROT_READ | PROT_WRITE,
                      MAP_SHARED, bpf_map__fd(skeleton_->maps.ll_sockets), 0);
  if (memory == MAP_FAILED) {
    return absl::ErrnoToStatus(errno, "cannot map the sockets");
  }
  sockets_ = {static_cast<ll_socket*>(memory), LL_SOCKETS_MAX};
  return absl::OkStatus();
}

absl::Status DoorProbes::Find(std::vector<FoundSocket>& out) {
  out.clear();
  words_.clear();
  if (absl::Status status = IteratorLink(skeleton_->progs.ll_find_sockets, {}).ReadAll(words_);
      !status.ok()) {
    return status;
  }
  for (std::size_t at = 0; at + kFoundWords <= words_.size(); at += kFoundWords) {
    FoundSocket& found = out.emplace_back();
    std::memcpy(&found.socket, &words_[at], sizeof(found.socket));
    if (found.socket.family == LL_FAMILY_UNIX && found.socket.listens != 0) {
      at += kPathWords;
      if (at + kFoundWords > words_.size()) {
        return absl::InternalError("a walk over open files ended within a socket");
      }
      found.path = PathText(&words_[at + kFoundWords - kPathWords], found.socket.path_size);
    }
  }
  return absl::OkStatus();
}

std::uint64_t DoorProbes::files() const { return skeleton_->bss->files_passed; }

std::uint64_t DoorProbes::connections_lost() const { return skeleton_->bss->connections_passed; }

void DoorProbes::SetPorts(const ListenedPorts& ports) {
  std::ranges::copy(ports, skeleton_->bss->ports_listened);
}

absl::Status DoorProbes::Read(std::size_t count) {
  const volatile __u32& at = skeleton_->bss->sockets_at;
  skeleton_->bss->sockets_at = 0;
  skeleton_->bss->sockets_end = static_cast<__u32>(std::min(count, sockets_.size()));
  const int fd = bpf_program__fd(skeleton_->progs.ll_read_sockets);
  for (__u32 before = 1; before != at && at < skeleton_->bss->sockets_end;) {
    before = at;
    LIBBPF_OPTS(bpf_test_run_opts, options);
    if (bpf_prog_test_run_opts(fd, &options) != 0) {
      return absl::ErrnoToStatus(errno, "cannot read sockets");
    }
  }
  return absl::OkStatus();
}

}  // namespace loadline::agent
