// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/preempt_count.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "agent/src/kernel/btf_handle.h"

namespace loadline::agent {
namespace {

#if defined(__x86_64__)
constexpr CountHolder kHolder = CountHolder::kCpu;
#else
constexpr CountHolder kHolder = CountHolder::kThread;
#endif

constexpr std::uint32_t kInterruptMask = 0x00ff0000;
constexpr std::uint32_t kInterruptMaskBesideDisabled = 0xff000000;

// Of a variable, or of a member.
struct Place {
  std::int64_t offset = 0;  // In bytes.
  std::int64_t size = 0;
};

std::optional<Place> VariableIn(const btf* kernel, const btf_type* section,
                                std::string_view wanted) {
  const std::span variables(btf_var_secinfos(section), btf_vlen(section));
  for (const btf_var_secinfo& variable : variables) {
    const btf_type* type = btf__type_by_id(kernel, variable.type);
    if (btf__name_by_offset(kernel, type->name_off) == wanted) {
      return Place{.offset = variable.offset, .size = variable.size};
    }
  }
  return std::nullopt;
}

// Looks into members without a name as well.
std::optional<Place> MemberOf(const btf* kernel, const btf_type* type, std::string_view wanted) {
  const std::span members(btf_members(type), btf_vlen(type));
  for (const btf_member& member : members) {
    const std::string_view name = btf__name_by_offset(kernel, member.name_off);
    const std::int64_t offset = member.offset / 8;
    if (name == wanted) {
      return Place{.offset = offset, .size = btf__resolve_size(kernel, member.type)};
    }
    const btf_type* inner = btf__type_by_id(kernel, member.type);
    if (name.empty() && btf_is_composite(inner)) {
      if (const auto within = MemberOf(kernel, inner, wanted)) {
        return Place{.offset = offset + within->offset, .size = within->size};
      }
    }
  }
  return std::nullopt;
}

// A variable of its own, but from 6.2 to 6.14 a member of another.
std::optional<Place> CountIn(const btf* kernel, const btf_type* section) {
  if (const auto own = VariableIn(kernel, section, "__preempt_count")) {
    return own;
  }
  const auto hot = VariableIn(kernel, section, "pcpu_hot");
  const int id = btf__find_by_name_kind(kernel, "pcpu_hot", BTF_KIND_STRUCT);
  if (!hot || id <= 0) {
    return std::nullopt;
  }
  const auto member =
      MemberOf(kernel, btf__type_by_id(kernel, static_cast<__u32>(id)), "preempt_count");
  return member ? std::optional(Place{.offset = hot->offset + member->offset, .size = member->size})
                : std::nullopt;
}

// BTF has no macros. What says that disabled interrupts are counted is the variable that keeps the
// flags of the first time; on x86 the count has grown with it, for the bits that they displaced.
absl::StatusOr<std::uint32_t> InterruptMask(const btf* kernel, std::int64_t size,
                                            std::int64_t size_alone,
                                            std::int64_t size_beside_disabled) {
  const bool counts_disabled =
      btf__find_by_name_kind(kernel, "local_interrupt_disable_state", BTF_KIND_VAR) > 0;
  if (size != (counts_disabled ? size_beside_disabled : size_alone)) {
    return absl::FailedPreconditionError(
        absl::StrCat("this kernel's preempt_count has a layout that is not known (", size,
                     " bytes, and disabled interrupts are ", counts_disabled ? "" : "not ",
                     "counted), so that threads and interrupts cannot be told apart"));
  }
  return counts_disabled ? kInterruptMaskBesideDisabled : kInterruptMask;
}

absl::Status NoCount() {
  return absl::FailedPreconditionError(
      "this kernel's BTF does not say where preempt_count is, by which threads and interrupts are "
      "told apart");
}

absl::StatusOr<PreemptCount> CountOfCpu(const btf* kernel) {
  const int id = btf__find_by_name_kind(kernel, ".data..percpu", BTF_KIND_DATASEC);
  if (id > 0) {
    const btf_type* section = btf__type_by_id(kernel, static_cast<__u32>(id));
    const auto count = CountIn(kernel, section);
    const auto queue = VariableIn(kernel, section, "runqueues");
    if (count && queue) {
      const absl::StatusOr<std::uint32_t> mask = InterruptMask(kernel, count->size, 4, 8);
      if (!mask.ok()) {
        return mask.status();
      }
      return PreemptCount{.from_run_queue = count->offset - queue->offset, .interrupt_mask = *mask};
    }
  }
  return NoCount();
}

// 8 bytes in both layouts: the count is the lower half. Another layout of the same size would not
// be noticed.
absl::StatusOr<PreemptCount> CountOfThread(const btf* kernel) {
  const int id = btf__find_by_name_kind(kernel, "thread_info", BTF_KIND_STRUCT);
  const auto count =
      id > 0 ? MemberOf(kernel, btf__type_by_id(kernel, static_cast<__u32>(id)), "preempt_count")
             : std::nullopt;
  if (!count) {
    return NoCount();
  }
  const absl::StatusOr<std::uint32_t> mask = InterruptMask(kernel, count->size, 8, 8);
  if (!mask.ok()) {
    return mask.status();
  }
  return PreemptCount{.interrupt_mask = *mask};
}

}  // namespace

absl::StatusOr<PreemptCount> FindPreemptCount(const btf* kernel, CountHolder holder) {
  if (holder == CountHolder::kCpu) {
    return CountOfCpu(kernel);
  }
  return CountOfThread(kernel);
}

absl::StatusOr<PreemptCount> FindPreemptCount() {
  const BtfHandle kernel(btf__load_vmlinux_btf());
  if (kernel == nullptr) {
    return absl::FailedPreconditionError("this kernel's BTF cannot be read");
  }
  return FindPreemptCount(kernel.get(), kHolder);
}

}  // namespace loadline::agent
