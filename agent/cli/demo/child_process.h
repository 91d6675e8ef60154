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

  static absl::StatusOr<ChildProcess> Start(Options options, const Clock& clock);

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
  // kDeadlineExceeded, or CheckAlive()'s error.
  absl::StatusOr<std::string> WaitForOutput(const std::string& marker, Clock::Duration wait_max);

  // Waits for its end, at most so long. Its exit code; 128 + signal.
  absl::StatusOr<int> WaitForExit(Clock::Duration wait_max);

  // The last lines of its log.
  std::string LastWords() const;

 private:
  ChildProcess(Options options, const Clock& clock, pid_t pid, int pidfd);

  // True when it has ended.
  bool WaitUntil(Clock::Time until);
  void Reap();

  Options options_;
  const Clock* clock_;
  pid_t pid_ = 0;
  int pidfd_ = -1;
  int exit_code_ = 0;  // Once reaped.
};

}  // namespace loadline::demo
