// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loadline/clock.h"

namespace loadline::demo {

// What all programs of the demo have in common.
struct ChildContext {
  std::filesystem::path work_dir;  // For logs and data.
  // Becomes readable when the user wants out (Interruption::fd()): then nobody is waited for any
  // longer. -1: never.
  int interrupt = -1;
  const Clock* clock = nullptr;  // Outlives every child.
};

// A program that the demo started: in a process group of its own, so that Ctrl-C reaches the demo
// only, and killed by the kernel should the demo die without a word.
//
// Start it from a thread that lives as long as the demo: the kernel takes that thread's death for
// the parent's.
//
// Thread safety: none.
class ChildProcess {
 public:
  struct Options {
    std::string name;               // For messages: "orders".
    std::vector<std::string> argv;  // argv[0] is the program's path.
    std::filesystem::path log;      // Takes what it prints, on stdout and stderr.
    int stop_signal = 15;           // SIGTERM. What asks it to end.
  };

  static absl::StatusOr<ChildProcess> Start(Options options, const ChildContext& context);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess() { Stop(); }

  pid_t pid() const { return pid_; }  // 0: reaped.
  const std::string& name() const { return options_.name; }

  // Asks it to end, kills its group if it has not after three seconds, and reaps it.
  void Stop();

  // Reaps it if it has ended. Then the answer is an error that says how, with its last words.
  absl::Status CheckAlive();

  // The rest of the first line of its output that contains `marker`, after the marker.
  // kDeadlineExceeded, kCancelled when interrupted, or CheckAlive()'s error.
  absl::StatusOr<std::string> WaitForOutput(const std::string& marker, Clock::Duration wait_max);

  // Waits for its end, at most so long. Its exit code; 128 + signal. kDeadlineExceeded, or
  // kCancelled when interrupted.
  absl::StatusOr<int> WaitForExit(Clock::Duration wait_max);

  // The last lines of its log.
  std::string LastWords() const;

 private:
  ChildProcess(Options options, const ChildContext& context, pid_t pid, int pidfd);

  // True when it has ended. Returns early when `interrupt` becomes readable.
  bool WaitUntil(Clock::Time until, int interrupt);
  void Reap();

  Options options_;
  const Clock* clock_;
  int interrupt_;
  pid_t pid_ = 0;
  int pidfd_ = -1;
  int exit_code_ = 0;  // Once reaped.
};

}  // namespace loadline::demo
