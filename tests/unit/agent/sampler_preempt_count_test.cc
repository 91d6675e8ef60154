// SPDX-License-Identifier: Apache-2.0
// Goal: each known layout of preempt_count is found by the kernel's types, and none is guessed.
// Method: types as kernels have them, written here.
#include "agent/src/kernel/preempt_count.h"

#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/src/kernel/btf_handle.h"

namespace loadline::agent {
namespace {

constexpr __u32 kQueueOffset = 0x2c000;

struct Variable {
  std::string name;
  __u32 offset;
  __u32 size;
  int type = 0;  // 0: an integer.
};

// A kernel of variables per CPU; its run queue comes with it.
BtfHandle Kernel(std::vector<Variable> variables, int pcpu_hot_member_size = 0) {
  BtfHandle kernel(btf__new_empty());
  const int number = btf__add_int(kernel.get(), "int", 4, BTF_INT_SIGNED);
  if (pcpu_hot_member_size > 0) {
    // As the kernel has it: the members stand in a structure without a name.
    const int inner = btf__add_struct(kernel.get(), nullptr, 64);
    btf__add_field(kernel.get(), "current_task", number, 0, 0);
    btf__add_field(kernel.get(), "preempt_count", number, 64, 0);
    const int hot = btf__add_struct(kernel.get(), "pcpu_hot", 64);
    btf__add_field(kernel.get(), nullptr, inner, 0, 0);
    variables.push_back({.name = "pcpu_hot", .offset = 0x100, .size = 64, .type = hot});
  }
  variables.push_back({.name = "runqueues", .offset = kQueueOffset, .size = 4096});
  std::vector<int> ids;
  for (const Variable& each : variables) {
    ids.push_back(btf__add_var(kernel.get(), each.name.c_str(), BTF_VAR_GLOBAL_ALLOCATED,
                               each.type == 0 ? number : each.type));
  }
  btf__add_datasec(kernel.get(), ".data..percpu", 0x40000);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    btf__add_datasec_var_info(kernel.get(), ids[i], variables[i].offset, variables[i].size);
  }
  return kernel;
}

// A kernel that has the count in its threads, within a union without a name.
BtfHandle KernelOfThreads(int count_size, std::vector<Variable> variables) {
  BtfHandle kernel = Kernel(std::move(variables));
  const int number = btf__add_int(kernel.get(), "u", static_cast<std::size_t>(count_size), 0);
  const int either = btf__add_union(kernel.get(), nullptr, 8);
  btf__add_field(kernel.get(), "preempt_count", number, 0, 0);
  btf__add_struct(kernel.get(), "thread_info", 64);
  btf__add_field(kernel.get(), nullptr, either, 128, 0);
  return kernel;
}

const Variable kDisableState = {.name = "local_interrupt_disable_state", .offset = 0x80, .size = 8};

TEST(PreemptCountTest, Bits16To23AreInterruptsWhereDisabledOnesAreNotCounted) {
  const BtfHandle kernel = Kernel({{.name = "__preempt_count", .offset = 0x40, .size = 4}});
  const absl::StatusOr<PreemptCount> found = FindPreemptCount(kernel.get(), CountHolder::kCpu);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->from_run_queue, 0x40 - static_cast<int>(kQueueOffset));
  EXPECT_EQ(found->interrupt_mask, 0x00ff0000u);
}

TEST(PreemptCountTest, Bits24AndUpAreInterruptsWhereDisabledOnesAreCounted) {
  const BtfHandle kernel =
      Kernel({{.name = "__preempt_count", .offset = 0x40, .size = 8}, kDisableState});
  const absl::StatusOr<PreemptCount> found = FindPreemptCount(kernel.get(), CountHolder::kCpu);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->interrupt_mask, 0xff000000u);
}

TEST(PreemptCountTest, IsFoundAsAMemberOfThePerCpuHotData) {
  const BtfHandle kernel = Kernel({}, 4);
  const absl::StatusOr<PreemptCount> found = FindPreemptCount(kernel.get(), CountHolder::kCpu);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->from_run_queue, 0x108 - static_cast<int>(kQueueOffset));
  EXPECT_EQ(found->interrupt_mask, 0x00ff0000u);
}

TEST(PreemptCountTest, OfAThreadHasNoPlaceButTheSameLayouts) {
  const BtfHandle older = KernelOfThreads(8, {});
  EXPECT_EQ(FindPreemptCount(older.get(), CountHolder::kThread)->interrupt_mask, 0x00ff0000u);
  const BtfHandle newer = KernelOfThreads(8, {kDisableState});
  const absl::StatusOr<PreemptCount> found = FindPreemptCount(newer.get(), CountHolder::kThread);
  EXPECT_EQ(found->interrupt_mask, 0xff000000u);
  EXPECT_EQ(found->from_run_queue, 0);
}

TEST(PreemptCountTest, ALayoutThatIsNotKnownIsRefusedByName) {
  for (const BtfHandle& kernel :
       {Kernel({{.name = "__preempt_count", .offset = 0x40, .size = 8}}),
        Kernel({{.name = "__preempt_count", .offset = 0x40, .size = 4}, kDisableState})}) {
    const absl::Status status = FindPreemptCount(kernel.get(), CountHolder::kCpu).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(status.message().find("preempt_count has a layout that is not known"),
              std::string::npos)
        << status;
  }
  const BtfHandle half = KernelOfThreads(4, {});
  EXPECT_EQ(FindPreemptCount(half.get(), CountHolder::kThread).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(PreemptCountTest, AKernelWithoutItIsRefused) {
  const BtfHandle kernel = Kernel({});
  for (const CountHolder holder : {CountHolder::kCpu, CountHolder::kThread}) {
    const absl::Status status = FindPreemptCount(kernel.get(), holder).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(status.message().find("does not say where preempt_count is"), std::string::npos);
  }
}

}  // namespace
}  // namespace loadline::agent
