// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace loadline::agent {

// Something that one thread has and another wants. `take` and `give` are called by the one that has
// it, `want` by the other, which waits in it until `give` was called.
struct LockCase {
  std::string name;
  bool tells = false;   // The holder's tid stands in it, so that the holder is to be known.
  bool across = false;  // By two processes.
  std::function<void()> take;
  std::function<void()> give;
  std::function<void()> want;
  const void* object = nullptr;
  std::size_t size = 0;
};

// Objects are in memory that a child process shares, and live as long as the process.
std::vector<LockCase> LockCasesOfGlibc();
// What waits like a lock and is none, or none that says who has it. `tid`: a live thread's, which
// stands wherever a holder's might.
std::vector<LockCase> WordsThatTellNobody(int tid);

}  // namespace loadline::agent
