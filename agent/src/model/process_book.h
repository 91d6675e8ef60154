// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "agent/src/model/registration.h"
#include "agent/src/sampler/container_book.h"
#include "agent/src/sampler/process_facts.h"
#include "agent/src/sampler/thread_sample.h"

namespace loadline::agent {

// One process of the host, while it has threads. Each thread of the kernel counts as one.
struct Process {
  std::string label;
  pid_t pid_inner = 0;
  bool kernel = false;
  bool registered = false;
  bool always_read = false;  // When others are left out too: it has a session or a ledger.
  const Registration* registration = nullptr;  // In this reading.
  std::uint64_t started_at_ns = 0;             // Of its first thread; 0: that ended before.
  std::uint64_t seen = 0;                      // The last reading with it.
  bool named = false;                          // By its first thread, or by NameOthers().
};

// Which processes there are, how they are called, and of which of them a reading is.
//
// The first thread of a process names it, unless it registered under another name. If that thread
// ends before the others, the process keeps its name; if it had ended before it was ever in a
// reading, NameOthers() looks the name up.
//
// Thread safety: none. A Process stays where it is until Forget() finds it gone.
class ProcessBook {
 public:
  // `partial`: the reading is of processes with a session or a ledger only. `registered` must live
  // until the next reading.
  void BeginReading(bool partial, std::span<const Registration> registered);

  // The process that the thread is of, known or new.
  Process& Of(const ThreadSample& sample);
  // To be called for each thread of the reading.
  void See(const ThreadSample& sample, Process& process) const;
  // To be called after them: takes the name of each process whose first thread was never seen from
  // `facts`, once per process.
  void NameOthers(const std::function<ProcessFacts(pid_t)>& facts);

  // Null: not known.
  const Process* Find(pid_t tgid) const;
  bool IsSeen(const Process& process) const { return process.seen == reading_; }

  // Whether the reading says something of the process, and be it that it is gone.
  bool IsRead(pid_t tgid) const;

  // Of those in this reading, the kernel's threads left out.
  std::vector<LivingProcess> Living() const;

  void Forget();

 private:
  std::uint64_t reading_ = 0;
  bool partial_ = false;
  absl::node_hash_map<pid_t, Process> processes_;
  absl::flat_hash_map<pid_t, const Registration*> registration_of_;
};

}  // namespace loadline::agent
