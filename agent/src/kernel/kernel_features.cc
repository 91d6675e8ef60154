// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/kernel_features.h"

#include <bpf/btf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "agent/src/kernel/btf_handle.h"

namespace loadline::agent {
namespace {

// PROC_PID_INIT_INO: the same on all kernels.
constexpr std::string_view kHostPidNamespace = "pid:[4026531836]";

constexpr char kBtfPath[] = "/sys/kernel/btf/vmlinux";

// The number of arguments of a tracepoint's programs, its own context included; 0: no such.
int TracepointArguments(const btf* kernel, const char* type_name) {
  const int id = btf__find_by_name_kind(kernel, type_name, BTF_KIND_TYPEDEF);
  const btf_type* type = id > 0 ? btf__type_by_id(kernel, static_cast<__u32>(id)) : nullptr;
  while (type != nullptr && !btf_is_func_proto(type)) {
    type = btf_is_typedef(type) || btf_is_ptr(type) ? btf__type_by_id(kernel, type->type) : nullptr;
  }
  return type == nullptr ? 0 : btf_vlen(type);
}

bool HasMembers(const btf* kernel, const char* struct_name) {
  const int id = btf__find_by_name_kind(kernel, struct_name, BTF_KIND_STRUCT);
  return id > 0 && btf_vlen(btf__type_by_id(kernel, static_cast<__u32>(id))) > 0;
}

// Distributions backport, and a kernel's own types say what it has.
bool HasEnumerator(const btf* kernel, const char* enum_name, std::string_view wanted) {
  const int id = btf__find_by_name_kind(kernel, enum_name, BTF_KIND_ENUM);
  if (id <= 0) {
    return false;
  }
  const btf_type* type = btf__type_by_id(kernel, static_cast<__u32>(id));
  const std::span values(btf_enum(type), btf_vlen(type));
  return std::ranges::any_of(values, [kernel, wanted](const struct btf_enum& value) {
    return btf__name_by_offset(kernel, value.name_off) == wanted;
  });
}

}  // namespace

absl::Status CheckPidNamespace(std::string_view link) {
  if (link.empty() || link == kHostPidNamespace) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "this process lives in a pid namespace of its own (", std::string(link),
      "), and the kernel's programs see the numbers of the host's: start it in that one (docker "
      "run "
      "--pid=host, hostPID: true), or measure with --source=proc, which sees the processes of this "
      "namespace"));
}

absl::Status CheckPidNamespace() {
  std::array<char, 64> link{};
  const ssize_t size = readlink("/proc/self/ns/pid", link.data(), link.size());
  return CheckPidNamespace({link.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
}

absl::StatusOr<KernelFeatures> ProbeKernel() {
  if (absl::Status status = CheckPidNamespace(); !status.ok()) {
    return status;
  }
  if (access(kBtfPath, R_OK) != 0) {
    return absl::FailedPreconditionError(
        "/sys/kernel/btf/vmlinux cannot be read: the probes need a kernel with "
        "CONFIG_DEBUG_INFO_BTF=y");
  }
  const BtfHandle kernel(btf__parse(kBtfPath, nullptr));
  if (kernel == nullptr) {
    return absl::FailedPreconditionError("/sys/kernel/btf/vmlinux is not BTF that libbpf can read");
  }
  if (!HasMembers(kernel.get(), "sched_info")) {
    return absl::FailedPreconditionError(
        "this kernel keeps no scheduling delays: the probes need CONFIG_SCHED_INFO=y "
        "(CONFIG_SCHEDSTATS or CONFIG_TASK_DELAY_ACCT select it)");
  }
  if (!HasEnumerator(kernel.get(), "bpf_map_type", "BPF_MAP_TYPE_TASK_STORAGE")) {
    return absl::FailedPreconditionError(
        "this kernel has no storage for tasks (BPF_MAP_TYPE_TASK_STORAGE), which came with 5.11: "
        "take a later kernel, or measure with --source=proc");
  }
  const int arguments = TracepointArguments(kernel.get(), "btf_trace_sched_switch");
  if (arguments == 0) {
    return absl::FailedPreconditionError("this kernel has no tracepoint sched_switch");
  }
  return KernelFeatures{.switch_has_prev_state = arguments >= 5};
}

}  // namespace loadline::agent
