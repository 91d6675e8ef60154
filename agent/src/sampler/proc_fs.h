// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace loadline::agent {

// A tree like /proc, by paths relative to its top.
//
// What cannot be read is empty, without a reason: processes end while they are read and others may
// not be looked into, and both are ordinary. Costs 2 to 5 us per file on /proc itself.
//
// Whoever reads cmdline, environ, maps or mem of a process waits for its mmap_lock, for ever if a
// thread of it hangs in the kernel with that lock. The first three are never read, and ReadMemory()
// only for threads that wait in poll() or select(), where there are no probes. stat (with the place
// of the stack), status, syscall, wchan, exe, cgroup, fd, ns and net do not take the lock.
//
// Thread safety: none.
class ProcFs {
 public:
  static absl::StatusOr<ProcFs> Open(const std::string& top);

  ProcFs(ProcFs&& other) noexcept : top_(std::exchange(other.top_, -1)) {}
  ProcFs& operator=(ProcFs&&) = delete;
  ~ProcFs();

  // "<tgid>/task/<tid>/<name>": up to 16 KiB of it, valid until the next call.
  std::string_view ReadOfThread(pid_t tgid, pid_t tid, std::string_view name);

  // Where the files of a process are: "<tgid>", or "<tgid>/task/<tid>" of another thread once the
  // first one has ended, which leaves it without a cgroup, a network and descriptors. Costs 5 us.
  std::string OfProcess(pid_t tgid) const;

  // The whole file: for tables that grow with the host.
  std::string ReadAll(const std::string& path) const;

  // What a symbolic link says; for example "socket:[4711]".
  std::string ReadLink(const std::string& path) const;

  // Names in a directory that are numbers: processes, threads.
  std::vector<pid_t> Numbers(const std::string& path) const;

  // Reads memory of a process: needs the right to trace it, and waits for its mmap_lock. False
  // unless all of it could be read.
  bool ReadMemory(pid_t tgid, std::uint64_t address, void* to, std::size_t size) const;

 private:
  explicit ProcFs(int top) : top_(top) {}

  int top_ = -1;
  std::array<char, 16384> buffer_;
};

}  // namespace loadline::agent
