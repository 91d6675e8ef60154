// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/pool_name.h"

namespace loadline::agent {

std::string PoolName(std::string_view thread_name) {
  std::string pool;
  pool.reserve(thread_name.size());
  bool in_number = false;
  for (const char c : thread_name) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) {
      pool.push_back(c);
    } else if (!in_number) {
      pool.push_back('*');
    }
    in_number = digit;
  }
  return pool;
}

}  // namespace loadline::agent
