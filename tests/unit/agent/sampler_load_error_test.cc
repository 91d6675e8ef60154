// SPDX-License-Identifier: Apache-2.0
// Goal: a kernel that refuses the probes ends a command with the code for what the machine lacks,
// and fails the tests of the probes rather than skipping them. Method: errors as libbpf returns
// them.
#include <gtest/gtest.h>

#include <cerrno>

#include "agent/command/exit_code.h"
#include "agent/src/kernel/bpf_log.h"

namespace loadline::agent {
namespace {

TEST(LoadErrorTest, ARefusalIsTheMachinesAndNoSkip) {
  const BpfLog log(nullptr);
  // A relocation, the verifier, a call that the kernel does not know, and no hook of that name.
  for (const absl::Status& status :
       {LoadError(ESRCH, log), LoadError(EACCES, log), LoadError(EINVAL, log),
        AttachError(ENOENT, "sched_switch"), AttachError(EINVAL, "sched_switch"), WalkError(EINVAL),
        WalkError(EACCES), WalkError(ENOMEM)}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(cli::Fail(status), cli::kEnvironment) << status;
  }
}

TEST(LoadErrorTest, AThreadThatIsGoneIsNoRefusal) {
  EXPECT_EQ(WalkError(ESRCH).code(), absl::StatusCode::kNotFound);
}

TEST(LoadErrorTest, WhoMayNotIsToldHow) {
  const absl::Status status = LoadError(EPERM, BpfLog(nullptr));
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(cli::Fail(status), cli::kEnvironment);
}

}  // namespace
}  // namespace loadline::agent
