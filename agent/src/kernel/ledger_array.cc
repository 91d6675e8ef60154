// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/ledger_array.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"

namespace loadline::agent {
namespace {

constexpr std::size_t kPageSize = 4096;
constexpr std::size_t kSlotsPerPage = kPageSize / sizeof(ll_slot);
constexpr std::size_t kSpare = 4;

}  // namespace

std::uint32_t LedgerSlots(std::size_t threads) {
  const std::size_t wanted = 1 + threads + threads / 2 + kSpare;
  return static_cast<std::uint32_t>((wanted + kSlotsPerPage - 1) / kSlotsPerPage * kSlotsPerPage);
}

std::size_t LedgerBytes(std::uint32_t slots) { return kPageSize + slots * sizeof(ll_slot); }

absl::StatusOr<std::unique_ptr<LedgerArray>> LedgerArray::Create(pid_t tgid, std::uint32_t slots,
                                                                 std::uint32_t generation,
                                                                 const ll_ledger_header& host) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP);
  const int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ll_ledger", sizeof(__u32), sizeof(ll_slot),
                                slots, &options);
  if (fd < 0) {
    return absl::ErrnoToStatus(errno, "cannot make a ledger");
  }
  std::unique_ptr<LedgerArray> array(new LedgerArray(fd));
  ll_ledger_header header{};
  header.version = LL_ABI_VERSION;
  header.slots = slots;
  header.clock_offset_ns = host.clock_offset_ns;
  header.alive_ns = host.alive_ns;
  header.generation = generation;
  header.tgid = static_cast<__u32>(tgid);
  const __u32 index = 0;
  if (bpf_map_update_elem(fd, &index, &header, BPF_ANY) != 0 || bpf_map_freeze(fd) != 0) {
    return absl::ErrnoToStatus(errno, "cannot freeze a ledger");
  }
  if (absl::Status status = array->Map(slots); !status.ok()) {
    return status;
  }
  return array;
}

absl::Status LedgerArray::Map(std::uint32_t slots) {
  void* memory = mmap(nullptr, slots * sizeof(ll_slot), PROT_READ, MAP_SHARED, fd_, 0);
  if (memory == MAP_FAILED) {
    return absl::ErrnoToStatus(errno, "cannot map a ledger");
  }
  slots_ = {static_cast<const ll_slot*>(memory), slots};
  return absl::OkStatus();
}

LedgerArray::~LedgerArray() {
  if (!slots_.empty()) {
    munmap(const_cast<ll_slot*>(slots_.data()), slots_.size_bytes());
  }
  close(fd_);
}

const ll_ledger_header& LedgerArray::header() const {
  return *reinterpret_cast<const ll_ledger_header*>(slots_.data());
}

std::uint32_t LedgerArray::used() const {
  return __atomic_load_n(&header().used, __ATOMIC_ACQUIRE);
}

std::uint64_t LedgerArray::full() const {
  return __atomic_load_n(&header().full, __ATOMIC_RELAXED);
}

}  // namespace loadline::agent
