// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/btf.h>

#include <memory>

namespace loadline::agent {

struct BtfDeleter {
  void operator()(btf* b) const { btf__free(b); }
};

// Type information of the kernel, as libbpf has read it.
using BtfHandle = std::unique_ptr<btf, BtfDeleter>;

}  // namespace loadline::agent
