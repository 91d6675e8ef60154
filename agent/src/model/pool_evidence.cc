// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/pool_evidence.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr Clock::Duration kNone{};

// A part of a duration.
Clock::Duration Part(Clock::Duration whole, double share) {
  return Clock::Duration(
      static_cast<Clock::Duration::rep>(static_cast<double>(whole.count()) * share));
}

// Of waits that ended, by reason alone: who they were for is not known of each.
enum class Ended : std::uint8_t { kRest, kNetwork, kSoft, kLost };
struct EndedWait {
  Ended as = Ended::kLost;
  Cause cause = Cause::kUnknown;
  std::string_view culprit = {};
};
EndedWait OfEnded(WaitReason reason) {
  switch (reason) {
    case WaitReason::kPoll:
    case WaitReason::kIdle:
    case WaitReason::kSignal:
      return {.as = Ended::kRest};
    case WaitReason::kNetwork:
      return {.as = Ended::kNetwork};
    case WaitReason::kLock:
    case WaitReason::kCondition:
    case WaitReason::kSync:
      return {.as = Ended::kSoft};
    case WaitReason::kIpc:
      return {.cause = Cause::kIpc};
    case WaitReason::kDisk:
      return {.cause = Cause::kStorage};
    case WaitReason::kMemory:
    case WaitReason::kPageFault:
      return {.cause = Cause::kMemory};
    case WaitReason::kSleep:
      return {.cause = Cause::kSleep};
    case WaitReason::kChild:
      return {.cause = Cause::kChild};
    case WaitReason::kKernelLock:
      return {.cause = Cause::kLock, .culprit = "a lock in the kernel"};
    case WaitReason::kFileLock:
      return {.cause = Cause::kLock, .culprit = "a lock on a file"};
    case WaitReason::kStopped:
      return {.cause = Cause::kStopped};
    case WaitReason::kOther:
      break;
  }
  return {.cause = Cause::kUnknown};
}

// Words are one kind: Java parks each thread on one of its own, and what it is called changes.
WaitReason Kind(WaitReason reason) {
  return Info(reason).kind == WaitKind::kCondition || reason == WaitReason::kLock ||
                 reason == WaitReason::kIdle
             ? WaitReason::kSync
             : reason;
}

}  // namespace

int Look::Free() const {
  int free = 0;
  for (std::size_t i = 0; i < resting_in.size(); ++i) {
    // Nobody is busy, or none of those was ever seen to rest: any will do.
    free += busy_rest_in == 0 || (busy_rest_in >> i & 1U) != 0 ? resting_in[i] : 0;
  }
  return free;
}

void Look::AddUp(const Look& other) {
  at = std::max(at, other.at);
  span = std::max(span, other.span);
  threads += other.threads;
  resting += other.resting;
  for (std::size_t i = 0; i < resting_in.size(); ++i) {
    resting_in[i] += other.resting_in[i];
  }
  busy_rest_in |= other.busy_rest_in;
  busy += other.busy;
  undecided += other.undecided;
  awake += other.awake;
  // Siblings hold the same doors; their connections are their own.
  queue = std::max(queue, other.queue);
  drops = std::max(drops, other.drops);
  unread += other.unread;
  clients += other.clients;
  rested += other.rested;
  lost.Add(other.lost);
}

void PoolEvidence::BeginReading(Clock::Time at, Clock::Duration span) {
  longest_.Forget(at);
  main_blame_.reset();
  if (blames_.known()) {
    if (std::vector<BlameBook::Share> lost = blames_.Lost(); !lost.empty()) {
      main_blame_ = *std::ranges::max_element(lost, {}, &BlameBook::Share::share);
    }
  }
  while (!looks_.empty() && (looks_.size() >= kLooksMax || at - looks_.front().at >= kWindow)) {
    looks_.pop_front();
  }
  looks_.emplace_back();
  looks_.back().at = at;
  looks_.back().span = span;
  soft_ = network_ = neighbour_ = throttled_ = kNone;
}

bool PoolEvidence::AddThread(const ThreadFacts& facts, const Demand& demand,
                             const HolderChains& chains, std::uint32_t reading,
                             ThreadEvidence& thread) {
  Look& look = looks_.back();
  const PoolCounters& did = facts.increment;
  thread.rest.Update(facts.sample, did, reading);
  ++look.threads;
  look.awake += thread.rest.ran_at() == reading ? 1 : 0;
  const Clock::Duration lost_before = look.lost.Sum();
  const Clock::Duration on_loop = facts.loop ? std::min(facts.loop_ran, did.on_cpu) : kNone;
  look.lost.Add(Cause::kEventLoop, "computing", on_loop);
  look.lost.Add(Cause::kCpu, "", did.on_cpu - on_loop);
  look.lost.Add(Cause::kOwnQueue, "", did.runq_self);
  neighbour_ += did.runq_neighbour + did.runq_unattributed;
  throttled_ += did.runq_throttled;
  bool resting = false;
  TakeBlocked(facts, demand, chains, resting, thread);
  const Clock::Duration used = look.lost.Sum() - lost_before + did.RunQueue() - did.runq_self;
  if (!resting && used > Part(facts.between, kBusyMin)) {
    thread.was_busy = true;
    ++look.busy;
    look.busy_rest_in |= thread.rested_in < 0 ? 0 : 1U << static_cast<unsigned>(thread.rested_in);
  }
  if (resting) {
    ++look.resting;
    const WaitReason in = Kind(facts.reason);
    thread.rested_in = static_cast<int>(in);
    ++look.resting_in[static_cast<std::size_t>(in)];
    if (facts.sample.tid == facts.sample.tgid && !thread.was_busy) {
      look.leader_rests_in = thread.rested_in;
    }
  }
  return resting;
}

// Of a wait without a holder, for whom it is in most cases is known at best.
void PoolEvidence::SeeSoft(const WaitWatch::Now& now, bool resting, ThreadEvidence& thread) {
  if (resting) {
    thread.waits.SeeRest();
  } else if (main_blame_.has_value()) {
    thread.waits.SeeLost(now, main_blame_->cause, main_blame_->culprit, longest_);
  }
}

void PoolEvidence::TakeBlocked(const ThreadFacts& facts, const Demand& demand,
                               const HolderChains& chains, bool& resting, ThreadEvidence& thread) {
  Look& look = looks_.back();
  const ThreadSample& sample = facts.sample;
  std::array<Clock::Duration, kWaitReasonCount> left = facts.increment.blocked;
  const WaitWatch::Now now{.sample = sample,
                           .increment = facts.increment,
                           .reason = facts.reason,
                           .between = facts.between,
                           .at = look.at};
  thread.waits.Settle(now, longest_);
  if (sample.state == ThreadState::kBlocked) {
    const WaitVerdict verdict = facts.reason == WaitReason::kIdle
                                    ? WaitVerdict{.kind = WaitVerdict::Kind::kRest}
                                    : VerdictOf(sample, thread.rest, demand, chains);
    Clock::Duration& of_reason = left[static_cast<std::size_t>(facts.reason)];
    const Clock::Duration open = std::min(of_reason, sample.in_state);
    of_reason -= open;
    switch (verdict.kind) {
      case WaitVerdict::Kind::kRest:
        resting = true;
        look.rested += open;
        thread.waits.SeeRest();
        break;
      case WaitVerdict::Kind::kSoft:
        soft_ += open;
        resting = blames_.known() && blames_.rest() > 0.5;
        SeeSoft(now, resting, thread);
        look.undecided += blames_.known() ? 0 : 1;
        break;
      case WaitVerdict::Kind::kLost: {
        const bool in_loop = facts.loop && verdict.culprit.empty();
        const std::string_view culprit =
            in_loop ? Name(sample.reason) : std::string_view(verdict.culprit);
        const Cause cause = facts.loop ? Cause::kEventLoop : verdict.cause;
        look.lost.Add(cause, culprit, open, 1, facts.loop ? std::string_view() : verdict.why);
        thread.waits.SeeLost(now, cause, culprit, longest_);
        break;
      }
    }
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i] <= kNone) {
      continue;
    }
    const auto reason = static_cast<WaitReason>(i);
    const EndedWait ended = OfEnded(reason);
    switch (ended.as) {
      case Ended::kRest:
        look.rested += left[i];
        break;
      case Ended::kNetwork:
        network_ += left[i];
        break;
      case Ended::kSoft:
        soft_ += left[i];
        break;
      case Ended::kLost:
        if (facts.loop && ended.cause != Cause::kUnknown) {
          look.lost.Add(Cause::kEventLoop, Name(reason), left[i]);
        } else if ((ended.cause == Cause::kSleep || ended.cause == Cause::kChild ||
                    ended.cause == Cause::kIpc) &&
                   thread.rest.OnlyPlace() && !demand.seen()) {
          look.rested += left[i];
        } else {
          look.lost.Add(ended.cause, ended.culprit, left[i]);
        }
        break;
    }
  }
}

void PoolEvidence::AddGone(const PoolCounters& increment) {
  Look& look = looks_.back();
  look.lost.Add(Cause::kCpu, "", increment.on_cpu);
  look.lost.Add(Cause::kOwnQueue, "", increment.runq_self);
  neighbour_ += increment.runq_neighbour + increment.runq_unattributed;
  throttled_ += increment.runq_throttled;
  network_ += increment.blocked_for(WaitReason::kNetwork);
}

void PoolEvidence::AddLock(std::uint64_t address, const ThreadSample* holder,
                           Clock::Duration waited, std::uint64_t waits) {
  // The source books waits later than the thread counts them.
  const Clock::Duration part = std::min(waited, soft_);
  looks_.back().lost.Add(Cause::kLock, LockText(address, holder), part, waits);
  soft_ -= part;
}

void PoolEvidence::ShareSoft() {
  Look& look = looks_.back();
  if (!blames_.known()) {
    look.lost.Add(Cause::kUnknown, "a word without a holder", soft_);
    return;
  }
  Clock::Duration left = soft_;
  const Clock::Duration rested = Part(soft_, blames_.rest());
  look.rested += rested;
  left -= rested;
  for (const BlameBook::Share& share : blames_.Lost()) {
    const Clock::Duration part = std::min(left, Part(soft_, share.share));
    look.lost.Add(share.cause, share.culprit, part);
    left -= part;
  }
  look.lost.Add(Cause::kUnknown, "a word without a holder", left);
}

// Network waits that ended, in proportion to what their peers' waits grew by.
void PoolEvidence::ShareNetwork(std::span<const Named> peers) {
  Look& look = looks_.back();
  Clock::Duration all{};
  for (const Named& peer : peers) {
    all += peer.increment;
  }
  Clock::Duration most{};
  main_peer_.clear();
  for (const Named& peer : peers) {
    if (peer.increment > most && !peer.name.ends_with(":*")) {
      most = peer.increment;
      main_peer_ = peer.name;
    }
  }
  if (network_ <= kNone) {
    return;
  }
  if (all <= kNone) {
    look.lost.Add(Cause::kDependency, "", network_);
    return;
  }
  for (const Named& peer : peers) {
    const double share =
        static_cast<double>(peer.increment.count()) / static_cast<double>(all.count());
    const Clock::Duration part = Part(network_, share);
    if (peer.name.ends_with(":*")) {
      look.rested += part;  // Clients: their requests are waited for.
    } else {
      look.lost.Add(Cause::kDependency, peer.name, part);
    }
  }
}

void PoolEvidence::ShareNeighbours(std::span<const Named> neighbours) {
  Look& look = looks_.back();
  if (neighbour_ <= kNone) {
    return;
  }
  Clock::Duration all{};
  for (const Named& one : neighbours) {
    all += one.increment;
  }
  if (all <= kNone) {
    look.lost.Add(Cause::kNeighbour, "", neighbour_);
    return;
  }
  for (const Named& one : neighbours) {
    const double share =
        static_cast<double>(one.increment.count()) / static_cast<double>(all.count());
    look.lost.Add(one.sibling ? Cause::kOwnQueue : Cause::kNeighbour,
                  one.sibling ? std::string_view() : one.name, Part(neighbour_, share));
  }
}

void PoolEvidence::EndReading(const End& end) {
  Look& look = looks_.back();
  look.queue = end.demand.queue;
  look.unread = end.demand.unread;
  look.clients = end.demand.clients;
  look.drops = end.drops;
  ShareSoft();
  ShareNetwork(end.peers);
  ShareNeighbours(end.neighbours);
  look.lost.Add(Cause::kQuota, "", throttled_);
}

double PoolEvidence::soft_threads() const {
  if (looks_.empty() || looks_.back().span <= kNone) {
    return 0;
  }
  return Seconds(soft_) / Seconds(looks_.back().span);
}

}  // namespace loadline::agent
