// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/src/sampler/holder.h"
#include "agent/src/sampler/proc_freezer.h"
#include "agent/src/sampler/proc_parse.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline/wait_reason.h"

namespace loadline::agent {

struct ProcWait {
  WaitReason reason = WaitReason::kOther;
  PeerAddress peer;               // Where reason is kNetwork.
  std::uint64_t futex = 0;        // Where it is a wait on one.
  Asks asks = Asks::kUnknown;     // Where reason is kNetwork or kIpc.
  std::uint64_t place = 0;        // Where reason is kPoll, as ThreadSample::place.
  Holder holder = Holder::kNone;  // Where reason is kStopped.
  // The call before is taken up again, as after a stop: what it was, an earlier look may have seen.
  bool restarted = false;
};

// What /proc says about a thread that is neither running nor waiting for a CPU.
struct ProcWaitFacts {
  char state = 'S';  // Of "stat".
  bool kernel = false;
  std::optional<ProcCall> call = {};  // Absent: not readable.
  std::string_view wchan = {};        // The kernel function it waits in; "" or "0": not known.
  Freezing freezing = Freezing::kNo;  // Of its control group.
};

// What the arguments of a call refer to: looked up only where the call alone does not decide.
class ProcWaitTargets {
 public:
  virtual ~ProcWaitTargets() = default;
  virtual ProcWait OfDescriptor(std::uint64_t fd) = 0;
  // Of poll, ppoll, select and pselect6.
  virtual ProcWait OfPoll(const ProcCall& call) = 0;
  virtual ProcWait OfSelect(const ProcCall& call) = 0;
  // Whether the process said that threads which wait there are idle.
  virtual bool IsIdleAddress(std::uint64_t futex) = 0;
  // Whether the process is a Java virtual machine, in which every wait is one on a condition.
  virtual bool IsJvm() = 0;
};

// The same decisions as the probes make: state first, then the call, by the same table. Where the
// call cannot be read (it needs the right to trace the process) the function that the thread waits
// in tells less: a futex is then `sync`, a socket has no peer.
ProcWait ClassifyWait(const ProcWaitFacts& facts, ProcWaitTargets& targets);

}  // namespace loadline::agent
