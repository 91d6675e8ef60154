// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadline/clock.h"
#include "loadline/signal.h"
#include "loadline/steady_clock.h"

namespace loadline {

// Why there is a ledger, or none.
enum class LedgerState : std::uint8_t {
  kOpen,
  kNoAgent,    // No socket, or nobody answers at it.
  kAsking,     // The answer takes some 40 ms.
  kSilent,     // The agent gave no sign of life for a second.
  kForked,     // This is a child of the process that has it.
  kVersion,    // From here on, the agent's answer: it speaks another version,
  kSource,     // measures without probes,
  kFull,       // has given too many ledgers,
  kTaken,      // has given this process one already,
  kNamespace,  // cannot see this process,
  kRate,       // was asked too often by this user,
  kImage,      // saw it execute another program,
  kFailed,     // or was refused by the kernel.
};

constexpr std::string_view Name(LedgerState state) noexcept {
  constexpr std::array<std::string_view, 13> kNames = {
      "open", "no_agent", "asking",    "silent", "forked", "version", "source",
      "full", "taken",    "namespace", "rate",   "image",  "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

// What one thread did between two moments.
struct WaitBreakdown {
  Clock::Duration wall{};
  // Exact; on_cpu + RunQueue() + Blocked() == wall. Switches count how often it left the CPU.
  PoolCounters time;
};

// Where a thread stood at WaitLedger::Begin(). A value to keep beside the request, 216 bytes;
// nothing is held by it.
class WaitMark {
 public:
  // Of a ledger that was not open then: End() answers nothing. Leaves the totals as they are, which
  // mean nothing then: where `WaitMark{}` is written, a defaulted constructor would zero them.
  // NOLINTNEXTLINE(modernize-use-equals-default): as said.
  WaitMark() noexcept {}
  WaitMark(const WaitMark& other) noexcept { *this = other; }
  WaitMark& operator=(const WaitMark& other) noexcept;

  explicit operator bool() const noexcept { return session_ != 0; }

 private:
  friend class WaitLedger;
  static constexpr std::size_t kTotals = 26;

  std::uint64_t session_ = 0;  // Of the agent; 0: none.
  pid_t tid_ = 0;
  Clock::Time at_{};
  std::array<unsigned long long, kTotals> totals_;  // The kernel's __u64.
};

struct WaitLedgerOptions {
  // The agent's self socket, as for an AgentClient: ledger.sock lies beside it. Empty: the first
  // of LOADLINE_SOCKET, /run/loadline/self.sock and $XDG_RUNTIME_DIR/loadline/self.sock that has
  // one.
  std::string agent_socket{};
  const Clock* clock = &SteadyClock::Get();  // CLOCK_MONOTONIC, but in tests.
};

// The kernel's own counters of this process's threads, in shared memory: a request's time on the
// CPU, in the run queue and blocked, by reason, for the price of reading the clock.
//
//     loadline::WaitLedger& ledger = loadline::WaitLedger::Process();
//     auto control = *loadline::ControlThread::Start({.ledger = &ledger});
//     ...
//     const loadline::WaitMark mark = ledger.Begin();
//     Handle(request);
//     if (const std::optional<loadline::WaitBreakdown> spent = ledger.End(mark)) {
//       Log(spent->wall, spent->time.on_cpu, spent->time.blocked_for(WaitReason::kNetwork));
//     }
//
// Thread per request: the thread that calls End() must be the one that called Begin(). Where a
// request changes threads, each stretch on one thread has a breakdown of its own. Event loops and
// coroutines: between two callbacks the thread serves others, so mark the callback, not the
// request. With a Limiter, LimiterOptions::ledger and Permit::Breakdown() do this.
//
// Needs an agent that measures by bpf. Without one Begin() and End() cost a few nanoseconds and
// answer nothing. When the agent dies, End() answers nothing a second later at the latest; of a
// request that ends within that second, what the thread waited since then counts as on_cpu.
//
// Thread safety: Begin() and End() from any thread: no lock, no system call, no allocation but for
// a thread's first call, which asks for its tid. Poll() from any thread, as long as nobody waits
// for it. After fork() the child's ledger is closed for good, its socket and its mapping too;
// exec() begins anew.
//
// Errors: none. state() says why there is no ledger.
//
// Source: threads reading their own accounting from shared memory, as in perf's self-monitoring
// (rdpmc) and the kernel's rseq; here the scheduler's hook is the writer.
class WaitLedger {
 public:
  // The ledger of this process. It never ends.
  static WaitLedger& Process();

  // For tests, and for sockets that are elsewhere. The agent gives one ledger per process.
  explicit WaitLedger(const WaitLedgerOptions& options = {});
  ~WaitLedger();
  WaitLedger(const WaitLedger&) = delete;
  WaitLedger& operator=(const WaitLedger&) = delete;

  WaitMark Begin() noexcept;

  // What this thread did since. nullopt: there was no ledger at one of the two moments, or the mark
  // is another thread's.
  std::optional<WaitBreakdown> End(const WaitMark& mark) noexcept;

  // Looks for the agent, takes a larger ledger, notices the agent's death; never waits. A
  // ControlThread calls it ten times a second; without one, call it that often from anywhere.
  void Poll();

  // As of the last Poll(), or fork().
  LedgerState state() const noexcept { return state_.load(std::memory_order_relaxed); }

  // One thread of this process: totals since the kernel first saw it, the interval that is open at
  // `now` included. Of an open wait it is not known whether the thread has been woken.
  struct Thread {
    pid_t tid = 0;  // As gettid() answers.
    std::uint64_t started_at_ns = 0;
    PoolCounters counters;
  };
  // For the signal ladder. False: there is no ledger.
  bool ReadThreads(Clock::Time now, std::vector<Thread>& out) const;

 private:
  struct Impl;  // What Poll() needs.
  class Family;

  // Of the array in force; 0: there is none. No two arrays have the same.
  std::uint64_t epoch() const noexcept { return epoch_.load(std::memory_order_acquire); }
  void CloseInChild();
  const void* OwnSlot() noexcept;
  const void* FindOwnSlot(std::uint64_t epoch) noexcept;
  template <typename Take>
  bool Look(WaitMark& at, Take take) noexcept;

  const Clock& clock_;
  std::atomic<std::uint64_t> epoch_{0};
  std::atomic<std::uint64_t> session_{0};  // Likewise of the agent, while which totals go on.
  std::atomic<LedgerState> state_{LedgerState::kNoAgent};
  const std::unique_ptr<Impl> impl_;
};

}  // namespace loadline
