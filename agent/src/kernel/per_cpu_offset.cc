// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/per_cpu_offset.h"

#include <bpf/btf.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "agent/src/kernel/btf_handle.h"

namespace loadline::agent {
namespace {

std::optional<std::int64_t> OffsetOf(const btf* kernel, const btf_type* section,
                                     std::string_view wanted) {
  const std::span variables(btf_var_secinfos(section), btf_vlen(section));
  for (const btf_var_secinfo& variable : variables) {
    const btf_type* type = btf__type_by_id(kernel, variable.type);
    if (btf__name_by_offset(kernel, type->name_off) == wanted) {
      return variable.offset;
    }
  }
  return std::nullopt;
}

// In bytes. Looks into members without a name as well.
std::optional<std::int64_t> MemberOffset(const btf* kernel, const btf_type* type,
                                         std::string_view wanted) {
  const std::span members(btf_members(type), btf_vlen(type));
  for (const btf_member& member : members) {
    const std::string_view name = btf__name_by_offset(kernel, member.name_off);
    const std::int64_t offset = member.offset / 8;
    if (name == wanted) {
      return offset;
    }
    const btf_type* inner = btf__type_by_id(kernel, member.type);
    if (name.empty() && btf_is_composite(inner)) {
      if (const auto within = MemberOffset(kernel, inner, wanted)) {
        return offset + *within;
      }
    }
  }
  return std::nullopt;
}

// A variable of its own, but from 6.2 to 6.14 a member of another.
std::optional<std::int64_t> CountOffset(const btf* kernel, const btf_type* section) {
  if (const auto own = OffsetOf(kernel, section, "__preempt_count")) {
    return own;
  }
  const auto hot = OffsetOf(kernel, section, "pcpu_hot");
  const int id = btf__find_by_name_kind(kernel, "pcpu_hot", BTF_KIND_STRUCT);
  if (!hot || id <= 0) {
    return std::nullopt;
  }
  const auto member =
      MemberOffset(kernel, btf__type_by_id(kernel, static_cast<__u32>(id)), "preempt_count");
  return member ? std::optional(*hot + *member) : std::nullopt;
}

}  // namespace

absl::StatusOr<std::int64_t> PreemptCountFromRunQueue() {
#if !defined(__x86_64__)
  return 0;
#endif
  const BtfHandle kernel(btf__load_vmlinux_btf());
  const int id = kernel == nullptr
                     ? -1
                     : btf__find_by_name_kind(kernel.get(), ".data..percpu", BTF_KIND_DATASEC);
  if (id > 0) {
    const btf_type* section = btf__type_by_id(kernel.get(), static_cast<__u32>(id));
    const auto count = CountOffset(kernel.get(), section);
    const auto queue = OffsetOf(kernel.get(), section, "runqueues");
    if (count && queue) {
      return *count - *queue;
    }
  }
  return absl::FailedPreconditionError(
      "this kernel's BTF does not say where preempt_count is, by which threads and interrupts are "
      "told "
      "apart");
}

}  // namespace loadline::agent
