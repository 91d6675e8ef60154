// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "loadline/v1/host.pb.h"

namespace loadline::cli {

struct TableOptions {
  bool all = false;      // Also pools in no trouble, which are counted otherwise.
  bool verbose = false;  // Of each pool also what PoolDetail() says.
};

// The pools as a table of 80 columns, the most trouble first.
std::string PoolsTable(const v1::PoolsSnapshot& snapshot, const TableOptions& options);

}  // namespace loadline::cli
