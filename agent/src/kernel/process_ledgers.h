// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/kernel/ledger_array.h"
#include "agent/src/kernel/probes.h"
#include "agent/src/sampler/ledgers.h"
#include "loadline_abi/host.h"

namespace loadline::agent {

// The ledgers that the probes write, by process and by number.
class ProcessLedgers final : public Ledgers {
 public:
  // 1,000 processes of up to 39 threads take 20 KiB each, 20 MiB together; of 145 threads, 59 MiB.
  static constexpr std::size_t kProcessesMax = 1000;
  static constexpr std::size_t kBytesMax = 64 << 20;

  // `probes` must outlive this.
  explicit ProcessLedgers(Probes& probes) : probes_(probes) {}

  absl::StatusOr<Ledger> Open(pid_t tgid) override;
  absl::StatusOr<Ledger> Replace(pid_t tgid) override;
  void Close(pid_t tgid) override;
  Need NeedOf(pid_t tgid) override;
  absl::Status ShowAlive() override;
  void Clean() override;
  std::vector<pid_t> Processes() const override;
  Use use() const override;

  // While it lives, no array goes away: what was read of the threads can be looked up.
  class ABSL_SCOPED_LOCKABLE Reader {
   public:
    explicit Reader(const ProcessLedgers& ledgers) ABSL_SHARED_LOCK_FUNCTION(ledgers.arrays_mutex_)
        : ledgers_(ledgers), lock_(&ledgers.arrays_mutex_) {}
    ~Reader() ABSL_UNLOCK_FUNCTION() = default;

    // Null: the record has no slot.
    const ll_slot* SlotOf(const ll_record& record) const;
    // Whether threads of that process may change their slots.
    bool MayMove(pid_t tgid) const;
    // Processes of which threads are in arrays of their own.
    std::vector<pid_t> processes() const;
    // Arrays that went away so far. Threads that were in one are elsewhere.
    std::uint64_t arrays_dropped() const {
      AssertHeld();
      return ledgers_.arrays_dropped_;
    }

   private:
    // Says to clang what lock_ does: the lock is held as long as this lives. No code.
    void AssertHeld() const ABSL_ASSERT_SHARED_LOCK(ledgers_.arrays_mutex_) {}

    const ProcessLedgers& ledgers_;
    absl::ReaderMutexLock lock_;
  };

 private:
  struct Process {
    std::uint32_t ledger = 0;  // Number of its array.
    std::uint64_t full_seen = 0;
  };
  struct Array {
    std::unique_ptr<LedgerArray> memory;
    pid_t tgid = 0;
    bool closed = false;  // To be dropped as soon as no thread is left in it.
  };

  struct Crowd {
    std::size_t threads = 0;
    std::uint64_t started_ns = 0;
  };
  absl::StatusOr<Crowd> CrowdOf(pid_t tgid);
  absl::StatusOr<std::uint32_t> AddArray(pid_t tgid, std::size_t threads, std::uint32_t generation)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Ledger> Enter(pid_t tgid, std::uint32_t generation)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Grace(std::uint32_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MoveAll(pid_t tgid, std::uint32_t to, std::uint32_t grace)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GoBack(pid_t tgid, std::uint64_t started_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CloseArray(std::uint32_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Empty(std::uint32_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropIfEmpty(std::uint32_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ShowEnd() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const LedgerArray* ArrayAt(std::uint32_t number) const ABSL_SHARED_LOCKS_REQUIRED(arrays_mutex_);

  Probes& probes_;
  // Of changes: held while the kernel is waited for. Before arrays_mutex_.
  mutable absl::Mutex mutex_;
  std::map<pid_t, Process> processes_ ABSL_GUARDED_BY(mutex_);
  // Of reading: held shortly. Written with both.
  mutable absl::Mutex arrays_mutex_ ABSL_ACQUIRED_AFTER(mutex_);
  std::vector<Array> arrays_ ABSL_GUARDED_BY(arrays_mutex_);  // By number; 0 is the host's.
  std::map<pid_t, int> arrays_of_ ABSL_GUARDED_BY(arrays_mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(arrays_mutex_) = 0;
  std::uint64_t arrays_dropped_ ABSL_GUARDED_BY(arrays_mutex_) = 0;
};

}  // namespace loadline::agent
