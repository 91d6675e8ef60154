// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/kernel_pool_name.h"

#include "agent/src/sampler/pool_name.h"

namespace loadline::agent {
std::string KernelPoolName(std::string_view thread) {
  return PoolName(thread.substr(0, thread.find_first_of("/:-")));
}

}  // namespace loadline::agent
