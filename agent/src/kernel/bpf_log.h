// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace loadline::agent {

// libbpf reports through one callback per process. While a BpfLog lives, its lines are passed to
// `sink`, and the first complaint is kept; nothing is ever printed.
class BpfLog {
 public:
  explicit BpfLog(void (*sink)(std::string_view line));
  ~BpfLog();
  BpfLog(const BpfLog&) = delete;
  BpfLog& operator=(const BpfLog&) = delete;

  std::string first_complaint() const;
};

// Why programs could not be loaded: `error` is an errno.
absl::Status LoadError(int error, const BpfLog& log);

}  // namespace loadline::agent
