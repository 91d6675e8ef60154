// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr Clock::Duration kGrace = 3s;
// How often a log is looked at for the line that says "ready".
constexpr Clock::Duration kExitPoll = 20ms;
constexpr int kNoInterrupt = -1;       // poll() passes over it.
constexpr std::size_t kLastWords = 8;  // Lines: enough for an error and its fix.

// Between fork and exec: nothing but system calls, since other threads may have held any lock.
[[noreturn]] void Exec(char* const argv[], int log, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) {  // It died before the line above.
    _exit(127);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  close_range(3, ~0U, 0);
  execv(argv[0], argv);
  _exit(127);
}

// By number: glibc 2.36 declares pidfd_open() without C linkage.
int OpenPidfd(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

bool IsReadable(int fd) {
  pollfd event{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&event, 1, 0) > 0;
}

std::optional<std::string> FindAfter(const std::filesystem::path& log, std::string_view marker) {
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);) {
    const std::size_t at = line.find(marker);
    // A line that has no end yet may still grow.
    if (at != std::string::npos && !in.eof()) {
      return line.substr(at + marker.size());
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Start(Options options, const ChildContext& context) {
  const int log = open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", options.log.string()));
  }
  std::vector<char*> argv;
  std::ranges::transform(options.argv, std::back_inserter(argv),
                         [](std::string& argument) { return argument.data(); });
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    Exec(argv.data(), log, parent);
  }
  const int fork_error = errno;
  close(log);
  if (pid < 0) {
    return absl::ErrnoToStatus(fork_error, absl::StrCat("cannot start ", options.name));
  }
  setpgid(pid, pid);  // Also here: whoever comes first, the group exists from now on.
  return ChildProcess(std::move(options), context, pid, OpenPidfd(pid));
}

ChildProcess::ChildProcess(Options options, const ChildContext& context, pid_t pid, int pidfd)
    : options_(std::move(options)),
      clock_(context.clock),
      interrupt_(context.interrupt),
      pid_(pid),
      pidfd_(pidfd) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : options_(std::move(other.options_)),
      clock_(other.clock_),
      interrupt_(other.interrupt_),
      pid_(std::exchange(other.pid_, 0)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    Stop();
    options_ = std::move(other.options_);
    clock_ = other.clock_;
    interrupt_ = other.interrupt_;
    pid_ = std::exchange(other.pid_, 0);
    pidfd_ = std::exchange(other.pidfd_, -1);
    exit_code_ = other.exit_code_;
  }
  return *this;
}

void ChildProcess::Stop() {
  if (pid_ == 0) {
    return;
  }
  kill(pid_, options_.stop_signal);
  if (!WaitUntil(clock_->Now() + kGrace, kNoInterrupt)) {
    kill(-pid_, SIGKILL);
  }
  Reap();
}

absl::Status ChildProcess::CheckAlive() {
  if (pid_ != 0 && WaitUntil(clock_->Now(), kNoInterrupt)) {
    Reap();
  }
  if (pid_ != 0) {
    return absl::OkStatus();
  }
  const std::string words = LastWords();
  return absl::AbortedError(absl::StrCat(
      options_.name, " ended by itself (exit code ", exit_code_, ")",
      words.empty() ? std::string(", without a word") : absl::StrCat("; it said:\n", words)));
}

absl::StatusOr<std::string> ChildProcess::WaitForOutput(const std::string& marker,
                                                        Clock::Duration wait_max) {
  const Clock::Time until = clock_->Now() + wait_max;
  while (true) {
    if (const std::optional<std::string> rest = FindAfter(options_.log, marker)) {
      return *rest;
    }
    if (absl::Status alive = CheckAlive(); !alive.ok()) {
      return alive;
    }
    if (IsReadable(interrupt_)) {
      return absl::CancelledError("interrupted");
    }
    if (clock_->Now() >= until) {
      return absl::DeadlineExceededError(absl::StrCat(options_.name, " did not say \"", marker,
                                                      "\" in time; it said:\n", LastWords()));
    }
    WaitUntil(clock_->Now() + kExitPoll, interrupt_);
  }
}

absl::StatusOr<int> ChildProcess::WaitForExit(Clock::Duration wait_max) {
  if (pid_ != 0) {
    if (!WaitUntil(clock_->Now() + wait_max, interrupt_)) {
      if (IsReadable(interrupt_)) {
        return absl::CancelledError("interrupted");
      }
      return absl::DeadlineExceededError(absl::StrCat(options_.name, " did not end in time"));
    }
    Reap();
  }
  return exit_code_;
}

std::string ChildProcess::LastWords() const {
  std::ifstream in(options_.log);
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(absl::StrCat("  ", line));
    if (lines.size() > kLastWords) {
      lines.pop_front();
    }
  }
  return absl::StrJoin(lines, "\n");
}

bool ChildProcess::WaitUntil(Clock::Time until, int interrupt) {
  while (true) {
    const Clock::Duration left = std::max(until - clock_->Now(), Clock::Duration::zero());
    std::array<pollfd, 2> events = {{{.fd = pidfd_, .events = POLLIN, .revents = 0},
                                     {.fd = interrupt, .events = POLLIN, .revents = 0}}};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    const int ready = poll(events.data(), events.size(), static_cast<int>(ms));
    if (ready >= 0 || errno != EINTR) {
      return events[0].revents != 0;
    }
  }
}

void ChildProcess::Reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  close(std::exchange(pidfd_, -1));
  pid_ = 0;
}

}  // namespace loadline::demo
