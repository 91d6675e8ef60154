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

// Why programs could not be loaded: `error` is an errno. kPermissionDenied, or kUnavailable: this
// kernel refuses them, which is no bug of the machine's owner and no skip of a test.
absl::Status LoadError(int error, const BpfLog& log);

// Why a loaded program could not be attached: kUnavailable.
absl::Status AttachError(int error, std::string_view hook);

// Why a walk over threads could not be had: kNotFound if the thread is gone, else kUnavailable.
absl::Status WalkError(int error);

}  // namespace loadline::agent
