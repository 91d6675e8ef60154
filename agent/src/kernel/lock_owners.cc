// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/lock_owners.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace loadline::agent {
namespace {

bool IsShared(const OwnerWord& word) {
  return !word.of_kernel && (word.owner & LL_OWNER_SHARED) != 0;
}

pid_t TidOf(const OwnerWord& word) {
  return static_cast<pid_t>(word.of_kernel ? word.owner : word.owner & LL_OWNER_TID);
}

// The threads that words may mean, found in one pass over all.
class Candidates {
 public:
  Candidates(std::span<const OwnerWord> words, std::span<const ThreadNumbers> threads) {
    for (const OwnerWord& word : words) {
      if (word.of_kernel) {
        of_kernel_.insert(TidOf(word));
      } else if (IsShared(word)) {
        of_many_[TidOf(word)];
      } else {
        processes_.insert(word.tgid);
      }
    }
    for (const ThreadNumbers& thread : threads) {
      Take(thread);
    }
  }

  pid_t OnHost(pid_t tid) const { return there_.contains(tid) ? tid : 0; }
  pid_t InProcess(pid_t tgid, pid_t tid_inner) const {
    const auto found = of_one_.find({tgid, tid_inner});
    return found == of_one_.end() ? 0 : found->second;
  }
  std::span<const ThreadNumbers> Anywhere(pid_t tid_inner) const { return of_many_.at(tid_inner); }

 private:
  void Take(const ThreadNumbers& thread) {
    if (processes_.contains(thread.tgid)) {
      of_one_[{thread.tgid, thread.tid_inner}] = thread.tid;
    }
    if (of_kernel_.contains(thread.tid)) {
      there_.insert(thread.tid);
    }
    if (const auto found = of_many_.find(thread.tid_inner); found != of_many_.end()) {
      found->second.push_back(thread);
    }
  }

  absl::flat_hash_set<pid_t> of_kernel_;
  absl::flat_hash_set<pid_t> there_;
  absl::flat_hash_set<pid_t> processes_;
  absl::flat_hash_map<std::pair<pid_t, pid_t>, pid_t> of_one_;
  absl::flat_hash_map<pid_t, std::vector<ThreadNumbers>> of_many_;
};

}  // namespace

std::string PidNamespaceInProc(pid_t tgid) {
  std::array<char, 64> link{};
  const ssize_t size =
      readlink(absl::StrCat("/proc/", tgid, "/ns/pid").c_str(), link.data(), link.size());
  return {link.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::vector<pid_t> FindOwners(std::span<const OwnerWord> words,
                              std::span<const ThreadNumbers> threads,
                              const PidNamespaceOf& pid_namespace_of) {
  const Candidates candidates(words, threads);
  absl::flat_hash_map<pid_t, std::string> namespaces;
  const auto lives_in = [&](pid_t tgid) -> std::string {
    const auto [found, is_new] = namespaces.try_emplace(tgid);
    if (is_new) {
      found->second = pid_namespace_of(tgid);
    }
    return found->second;
  };
  const auto shared = [&](const OwnerWord& word) -> pid_t {
    for (const ThreadNumbers& thread : candidates.Anywhere(TidOf(word))) {
      if (thread.tgid == word.tgid ||
          (!lives_in(word.tgid).empty() && lives_in(thread.tgid) == lives_in(word.tgid))) {
        return thread.tid;
      }
    }
    return 0;
  };
  std::vector<pid_t> owners;
  owners.reserve(words.size());
  for (const OwnerWord& word : words) {
    if (word.of_kernel) {
      owners.push_back(candidates.OnHost(TidOf(word)));
    } else if (IsShared(word)) {
      owners.push_back(shared(word));
    } else {
      owners.push_back(candidates.InProcess(word.tgid, TidOf(word)));
    }
  }
  return owners;
}

}  // namespace loadline::agent
