// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/bpf_log.h"

#include <bpf/libbpf.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "absl/base/const_init.h"
#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace loadline::agent {
namespace {

struct LogState {
  void (*sink)(std::string_view line) = nullptr;
  std::string first_complaint;
};

ABSL_CONST_INIT absl::Mutex log_mutex(absl::kConstInit);

LogState& State() ABSL_EXCLUSIVE_LOCKS_REQUIRED(log_mutex) {
  static LogState state;
  return state;
}

__attribute__((format(printf, 2, 0))) int OnPrint(libbpf_print_level level, const char* format,
                                                  va_list arguments) {
  std::array<char, 1024> line{};
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string_view text(line.data());
  while (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  absl::MutexLock lock(&log_mutex);
  LogState& state = State();
  if (level == LIBBPF_WARN && state.first_complaint.empty()) {
    state.first_complaint = text;
  }
  if (state.sink != nullptr) {
    state.sink(text);
  }
  return length;
}

}  // namespace

BpfLog::BpfLog(void (*sink)(std::string_view line)) {
  absl::MutexLock lock(&log_mutex);
  State() = {.sink = sink, .first_complaint = ""};
  libbpf_set_print(OnPrint);
}

BpfLog::~BpfLog() {  // OnPrint stays: libbpf's own callback would print.
  absl::MutexLock lock(&log_mutex);
  State().sink = nullptr;
}

std::string BpfLog::first_complaint() const {
  absl::MutexLock lock(&log_mutex);
  return State().first_complaint;
}

absl::Status LoadError(int error, const BpfLog& log) {
  if (error == EPERM) {  // EACCES is what its verifier says of a program.
    return absl::PermissionDeniedError(
        "the kernel refuses BPF programs to this user: run as root, or give the program the rights "
        "with `setcap cap_bpf,cap_perfmon=ep PROGRAM`");
  }
  return absl::UnavailableError(
      absl::StrCat("the kernel refused the probes: ", std::strerror(error),
                   "; libbpf says: ", log.first_complaint()));
}

absl::Status AttachError(int error, std::string_view hook) {
  return absl::UnavailableError(absl::StrCat("the kernel refused the probes: cannot attach to ",
                                             std::string(hook), ": ", std::strerror(error)));
}

absl::Status WalkError(int error) {
  const std::string why = absl::StrCat("cannot walk over threads: ", std::strerror(error));
  return error == ESRCH || error == ENOENT ? absl::NotFoundError(why) : absl::UnavailableError(why);
}

}  // namespace loadline::agent
