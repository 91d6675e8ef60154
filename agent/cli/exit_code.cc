// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/exit_code.h"

#include <iostream>

namespace loadline::cli {

int Fail(const absl::Status& status) {
  std::cerr << "loadline: " << status.message() << '\n';
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return kBadInput;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
      return kEnvironment;
    default:
      return kInternal;
  }
}

}  // namespace loadline::cli
