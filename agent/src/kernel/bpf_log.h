// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

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

}  // namespace loadline::agent
