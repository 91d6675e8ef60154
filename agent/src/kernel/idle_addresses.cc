// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/idle_addresses.h"

#include <bpf/bpf.h>

#include "absl/strings/str_cat.h"

namespace loadline::agent {
namespace {

constexpr std::uint32_t kLengthMax = 4096;  // A pthread_cond_t has 48.
constexpr std::uint64_t kFutexSize = 4;

}  // namespace

absl::Status IdleAddresses::Add(pid_t tgid, std::uint64_t start, std::uint32_t length) {
  if (length == 0 || length > kLengthMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("length of idle addresses is ", length, ": it must be in 1..", kLengthMax));
  }
  auto [entry, is_new] = addresses_.try_emplace(tgid);
  if (is_new) {
    probes_.SetIdleGate(tgid, true);
  }
  const std::uint64_t first = (start + kFutexSize - 1) / kFutexSize * kFutexSize;
  for (std::uint64_t address = first; address < start + length; address += kFutexSize) {
    const ll_idle_key key{.addr = address, .tgid = static_cast<__u32>(tgid), .reserved = 0};
    const __u8 present = 1;
    if (bpf_map_update_elem(probes_.idle_fd(), &key, &present, BPF_ANY) != 0) {
      ++lost_;
      return absl::ResourceExhaustedError("the table of idle addresses is full");
    }
    entry->second.push_back(address);
  }
  return absl::OkStatus();
}

void IdleAddresses::Remove(pid_t tgid) {
  const auto entry = addresses_.find(tgid);
  if (entry == addresses_.end()) {
    return;
  }
  for (const std::uint64_t address : entry->second) {
    const ll_idle_key key{.addr = address, .tgid = static_cast<__u32>(tgid), .reserved = 0};
    bpf_map_delete_elem(probes_.idle_fd(), &key);
  }
  probes_.SetIdleGate(tgid, false);
  addresses_.erase(entry);
}

}  // namespace loadline::agent
