// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace loadline::agent {

// The pool that a thread's name implies: runs of digits become '*', "worker-12" -> "worker-*". The
// kernel side (bpf/lib/name.bpf.h) does the same; a test compares the two.
std::string PoolName(std::string_view thread_name);

}  // namespace loadline::agent
