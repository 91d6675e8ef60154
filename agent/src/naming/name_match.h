// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace loadline::agent {

// What one pool may be called by. Views of strings that somebody else keeps.
struct PoolNames {
  std::string_view service = {};  // What the process registered as, else its command.
  std::string_view command =
      {};  // As the kernel has it, at most 15 characters; empty: as `service`.
  std::string_view container = {};  // Or unit; empty: neither.
  pid_t pid = 0;
  std::string_view pool = {};
};

// Whether a pool is one that a person means by NAME or NAME/POOL.
//
//     const NameMatch match("shop/worker-*");
//     match.Takes({.service = "shop", .pid = 4711, .pool = "worker-*"});  // true
//
// NAME is a service, a command (also one that the kernel has cut), a pid, a container (also its id
// alone, or the first 6 to 64 characters of it) or a unit (also without ".service"). POOL is a
// pool, or one of its threads: "worker-7" is in "worker-*". A NAME may have slashes of its own.
// Upper and lower case differ.
//
// Thread safety: const members from any thread.
class NameMatch {
 public:
  // Empty: takes every pool.
  explicit NameMatch(std::string_view name) : name_(name) {}

  bool Takes(const PoolNames& pool) const;
  bool takes_all() const { return name_.empty(); }

 private:
  std::string name_;
};

// kNotFound that says what was looked for and which names of `known` are like it, three at most.
absl::Status NoSuchName(std::string_view name, std::span<const PoolNames> known);

}  // namespace loadline::agent
