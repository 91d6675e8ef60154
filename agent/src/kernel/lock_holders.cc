// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/lock_holders.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace loadline::agent {
namespace {

// A look takes milliseconds, but its thread may be queued for a CPU. A look that hangs costs this
// once: those after it are not waited for.
constexpr Clock::Duration kPatience = std::chrono::milliseconds{250};

std::shared_ptr<HolderProbe> LoadProbe() {
  absl::StatusOr<std::unique_ptr<HolderProbe>> probe = HolderProbe::Load();
  return probe.ok() ? std::shared_ptr<HolderProbe>(*std::move(probe)) : nullptr;
}

std::unique_ptr<HolderLooks> LooksOf(const std::shared_ptr<HolderProbe>& probe) {
  if (probe == nullptr) {
    return nullptr;
  }
  return std::make_unique<HolderLooks>(
      [probe](std::span<const pid_t> tgids, std::vector<ll_lock_holder>& out) {
        return probe->Walk(tgids, out);
      },
      kPatience);
}

// What the looks found, of waits that are still the same.
struct Found {
  std::vector<std::size_t> waits;  // Indices of threads, in parallel with `words`.
  std::vector<OwnerWord> words;
};

std::vector<pid_t> ProcessesThatWait(std::span<const LockThread> threads) {
  absl::flat_hash_set<pid_t> tgids;
  for (const LockThread& thread : threads) {
    if (thread.waits) {
      tgids.insert(thread.numbers.tgid);
    }
  }
  return {tgids.begin(), tgids.end()};
}

Found Join(std::span<const LockThread> threads, std::span<const ll_lock_holder> holders) {
  absl::flat_hash_map<pid_t, ll_lock_holder> by_tid;
  for (const ll_lock_holder& holder : holders) {
    by_tid[static_cast<pid_t>(holder.tid)] = holder;
  }
  Found found;
  for (std::size_t i = 0; i < threads.size() && !by_tid.empty(); ++i) {
    const LockThread& thread = threads[i];
    if (!thread.waits) {
      continue;
    }
    const auto at = by_tid.find(thread.numbers.tid);
    if (at != by_tid.end() && at->second.addr == thread.futex) {
      found.waits.push_back(i);
      found.words.push_back(
          {.tgid = thread.numbers.tgid, .owner = at->second.owner, .of_kernel = thread.futex == 0});
    }
  }
  return found;
}

}  // namespace

LockThread LockThreadOf(const ThreadNumbers& numbers, WaitReason reason, std::uint64_t futex) {
  const bool of_futex = futex != 0 && (reason == WaitReason::kLock || reason == WaitReason::kSync);
  return {.numbers = numbers,
          .waits = of_futex || reason == WaitReason::kKernelLock,
          .futex = of_futex ? futex : 0};
}

LockHolders::LockHolders(bool look)
    : probe_(look ? LoadProbe() : nullptr), looks_(LooksOf(probe_)) {}

std::vector<pid_t> LockHolders::Find(std::span<LockThread> threads,
                                     std::span<const OwnerWord> words) {
  std::vector<ll_lock_holder> holders;
  if (looks_ != nullptr) {
    if (std::vector<pid_t> tgids = ProcessesThatWait(threads); !tgids.empty()) {
      holders = looks_->Look(std::move(tgids));
    }
  }
  Found found = Join(threads, holders);
  found.words.insert(found.words.end(), words.begin(), words.end());
  if (found.words.empty()) {
    return {};
  }
  std::vector<ThreadNumbers> numbers;
  numbers.reserve(threads.size());
  for (const LockThread& thread : threads) {
    numbers.push_back(thread.numbers);
  }
  std::vector<pid_t> owners = FindOwners(found.words, numbers, PidNamespaceInProc);
  unknown_ += static_cast<std::uint64_t>(std::ranges::count(owners, 0));
  for (std::size_t i = 0; i < found.waits.size(); ++i) {
    threads[found.waits[i]].owner = owners[i];
  }
  owners.erase(owners.begin(), owners.begin() + static_cast<std::ptrdiff_t>(found.waits.size()));
  return owners;
}

void LockHolders::Fill(HostReading& reading) {
  std::vector<LockThread> threads;
  threads.reserve(reading.threads.size());
  for (const ThreadSample& thread : reading.threads) {
    const bool blocked = thread.state == ThreadState::kBlocked;
    threads.push_back(
        LockThreadOf({.tid = thread.tid, .tgid = thread.tgid, .tid_inner = thread.tid_inner},
                     blocked ? thread.reason : WaitReason::kOther, blocked ? thread.futex : 0));
  }
  std::vector<OwnerWord> words;
  std::vector<std::size_t> sums;
  for (std::size_t i = 0; i < reading.futexes.size(); ++i) {
    if (const FutexWaits& sum = reading.futexes[i]; sum.owner != 0) {
      sums.push_back(i);
      words.push_back({.tgid = sum.tgid, .owner = static_cast<std::uint32_t>(sum.owner)});
    }
  }
  const std::vector<pid_t> owners = Find(threads, words);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    reading.futexes[sums[i]].owner = owners[i];
  }
  for (std::size_t i = 0; i < threads.size(); ++i) {
    reading.threads[i].lock_owner = threads[i].owner;
  }
}

void LockHolders::AddLosses(std::vector<SourceLoss>& losses) const {
  losses.push_back({.what = "lock_words_late", .total = looks_ == nullptr ? 0 : looks_->late()});
  losses.push_back(
      {.what = "lock_words_unreadable", .total = probe_ == nullptr ? 0 : probe_->unreadable()});
  losses.push_back({.what = "lock_holders_unknown", .total = unknown_});
}

}  // namespace loadline::agent
