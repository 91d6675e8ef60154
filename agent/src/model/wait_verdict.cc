// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/wait_verdict.h"

#include <string_view>
#include <utility>

#include "agent/src/model/label_text.h"
#include "agent/src/sampler/pool_name.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

using Kind = WaitVerdict::Kind;

WaitVerdict Rest() { return {.kind = Kind::kRest}; }
WaitVerdict Soft() { return {.kind = Kind::kSoft}; }
WaitVerdict Lost(Cause cause, std::string culprit = "", std::string why = "") {
  return {
      .kind = Kind::kLost, .cause = cause, .culprit = std::move(culprit), .why = std::move(why)};
}

std::string ThreadText(const ThreadSample& thread) {
  return fmt::format("{} (tid {})", LabelText(std::string_view(thread.name)), thread.tid);
}

// A connection that the process took, or on which it asked for nothing: work comes from there.
bool IsForWork(const ThreadSample& sample) {
  return sample.asks == Asks::kRequest || sample.asks == Asks::kWork ||
         sample.peer.text.ends_with(":*");
}

WaitVerdict OfConnection(const ThreadSample& sample) {
  return IsForWork(sample) ? Rest() : Lost(Cause::kDependency, sample.peer.text);
}

WaitVerdict OfPipe(const ThreadSample& sample, const ThreadRest& rest, const Demand& demand) {
  if (!sample.peer.text.empty()) {
    return OfConnection(sample);
  }
  const bool long_since = sample.in_state >= kNoWork;
  const bool for_work = IsForWork(sample) || rest.IsHome(PlaceOf(sample)) || long_since;
  return for_work && !demand.waits() ? Rest() : Lost(Cause::kIpc);
}

WaitVerdict OfStop(const ThreadSample& sample) {
  return sample.holder == Holder::kFreezer
             ? Lost(Cause::kFrozen, "the freezer of its control group")
             : Lost(Cause::kStopped, sample.holder == Holder::kTracer   ? "a tracer"
                                     : sample.holder == Holder::kSignal ? "a signal"
                                                                        : "");
}

std::string LockTextOf(const ThreadSample& sample, const HolderEnd& chain) {
  if (sample.reason == WaitReason::kKernelLock) {
    return chain.holder == nullptr ? std::string("a lock in the kernel")
                                   : fmt::format("a lock in the kernel, held by {}",
                                                 LabelText(PoolName(chain.holder->name)));
  }
  return chain.holder == nullptr
             ? fmt::format("lock {:#x}, held by tid {}", sample.futex, sample.lock_owner)
             : LockText(sample.futex, chain.holder);
}

// What the end of a chain waits for, as a cause of its own; kLock where it is none.
WaitVerdict Inherited(const ThreadSample& sample, const HolderEnd& chain) {
  const ThreadSample& end = *chain.end;
  const std::string why =
      fmt::format("{} holds the lock {:#x} meanwhile", ThreadText(*chain.holder), sample.futex);
  switch (end.reason) {
    case WaitReason::kNetwork:
      return Lost(Cause::kDependency, end.peer.text, why);
    case WaitReason::kIpc:
      return end.peer.text.empty() ? Lost(Cause::kIpc, "", why)
                                   : Lost(Cause::kDependency, end.peer.text, why);
    case WaitReason::kDisk:
      return Lost(Cause::kStorage, "", why);
    case WaitReason::kMemory:
    case WaitReason::kPageFault:
      return Lost(Cause::kMemory, "", why);
    case WaitReason::kStopped:
      return OfStop(end);
    default:
      return Lost(Cause::kLock, LockTextOf(sample, chain),
                  fmt::format("{} waits itself: {}", ThreadText(*chain.holder), Name(end.reason)));
  }
}

WaitVerdict OfHeldLock(const ThreadSample& sample, const HolderChains& chains) {
  const HolderEnd chain = chains.EndOf(sample);
  using What = HolderEnd::What;
  switch (chain.what) {
    case What::kRests:
      return Rest();
    case What::kLoop:
      return Lost(Cause::kDeadlock,
                  chain.holder == nullptr || chain.end == nullptr
                      ? std::string("its own threads")
                      : fmt::format("{} and {}", ThreadText(*chain.holder), ThreadText(*chain.end)),
                  "each waits for a lock that another one of them holds");
    case What::kWaits:
      return Inherited(sample, chain);
    case What::kRuns:
      return Lost(
          Cause::kLock, LockTextOf(sample, chain),
          fmt::format("{} {}", ThreadText(*chain.holder),
                      chain.end->state == ThreadState::kRunning ? "runs" : "waits for a CPU"));
    case What::kSleeps:
      return Lost(Cause::kLock, LockTextOf(sample, chain),
                  fmt::format("{} sleeps", ThreadText(*chain.holder)));
    case What::kUnknown:
      break;
  }
  return Lost(Cause::kLock, LockTextOf(sample, chain));
}

WaitVerdict OfWord(const ThreadSample& sample, const Demand& demand, const HolderChains& chains) {
  if (sample.lock_owner != 0) {
    return OfHeldLock(sample, chains);
  }
  return sample.in_state >= kNoWork && !demand.waits() ? Rest() : Soft();
}

}  // namespace

std::string LockText(std::uint64_t address, const ThreadSample* holder) {
  return holder == nullptr
             ? fmt::format("lock {:#x}", address)
             : fmt::format("lock {:#x}, held by {}", address, LabelText(PoolName(holder->name)));
}

WaitVerdict VerdictOf(const ThreadSample& sample, const ThreadRest& rest, const Demand& demand,
                      const HolderChains& chains) {
  switch (sample.reason) {
    case WaitReason::kPoll:
    case WaitReason::kIdle:
    case WaitReason::kSignal:
      return Rest();
    case WaitReason::kNetwork:
      return OfConnection(sample);
    case WaitReason::kIpc:
      return OfPipe(sample, rest, demand);
    case WaitReason::kDisk:
      return Lost(Cause::kStorage);
    case WaitReason::kMemory:
    case WaitReason::kPageFault:
      return Lost(Cause::kMemory);
    case WaitReason::kSleep:
      // A ticker does nothing else; who waits for other things as well backs off, or plays work.
      return rest.OnlyPlace() && !demand.waits() ? Rest() : Lost(Cause::kSleep);
    case WaitReason::kChild:
      return demand.seen() ? Lost(Cause::kChild) : Rest();
    case WaitReason::kKernelLock:
      return sample.lock_owner != 0 ? OfHeldLock(sample, chains)
                                    : Lost(Cause::kLock, "a lock in the kernel");
    case WaitReason::kFileLock:
      return Lost(Cause::kLock, "a lock on a file");
    case WaitReason::kStopped:
      return OfStop(sample);
    case WaitReason::kLock:
    case WaitReason::kCondition:
    case WaitReason::kSync:
      return OfWord(sample, demand, chains);
    case WaitReason::kOther:
      break;
  }
  return Lost(Cause::kUnknown);
}

}  // namespace loadline::agent
