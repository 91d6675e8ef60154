// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/kernel_features.h"

#include <bpf/btf.h>
#include <unistd.h>

#include <memory>

namespace loadline::agent {
namespace {

constexpr char kBtfPath[] = "/sys/kernel/btf/vmlinux";

struct BtfDeleter {
  void operator()(btf* b) const { btf__free(b); }
};

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

}  // namespace

absl::StatusOr<KernelFeatures> ProbeKernel() {
  if (access(kBtfPath, R_OK) != 0) {
    return absl::FailedPreconditionError(
        "/sys/kernel/btf/vmlinux cannot be read: the probes need a kernel with "
        "CONFIG_DEBUG_INFO_BTF=y");
  }
  const std::unique_ptr<btf, BtfDeleter> kernel(btf__parse(kBtfPath, nullptr));
  if (kernel == nullptr) {
    return absl::FailedPreconditionError("/sys/kernel/btf/vmlinux is not BTF that libbpf can read");
  }
  if (!HasMembers(kernel.get(), "sched_info")) {
    return absl::FailedPreconditionError(
        "this kernel keeps no scheduling delays: the probes need CONFIG_SCHED_INFO=y "
        "(CONFIG_SCHEDSTATS or CONFIG_TASK_DELAY_ACCT select it)");
  }
  const int arguments = TracepointArguments(kernel.get(), "btf_trace_sched_switch");
  if (arguments == 0) {
    return absl::FailedPreconditionError("this kernel has no tracepoint sched_switch");
  }
  return KernelFeatures{.switch_has_prev_state = arguments >= 5};
}

}  // namespace loadline::agent
