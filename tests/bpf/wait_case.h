// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "loadline/wait_reason.h"

namespace loadline::agent {

// One way of waiting whose reason is known. `enter` is called by the thread under test and must not
// return before another thread has called `release`; `arm`, if any, is called by that thread
// before.
struct WaitCase {
  std::string name;
  WaitReason reason = WaitReason::kOther;
  std::function<void()> enter;
  std::function<void()> release = [] {};
  std::function<void()> arm = [] {};
  std::string peer = {};

  friend void PrintTo(const WaitCase& wait, std::ostream* out) { *out << wait.name; }
};

// Each makes what it needs (sockets, pipes...), which lives as long as the case.
std::vector<WaitCase> LockCases();
std::vector<WaitCase> DescriptorCases();
std::vector<WaitCase> NetworkCases();
std::vector<WaitCase> KernelCases();

}  // namespace loadline::agent
