// SPDX-License-Identifier: Apache-2.0
#include "agent/command/exit_code.h"

#include <algorithm>
#include <iostream>
#include <string>

#include "absl/strings/ascii.h"

namespace loadline::cli {

void Complain(std::string_view message) {
  std::string line(message);
  std::ranges::replace_if(
      line, [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, '?');
  std::cerr << "loadline: " << line << '\n';
}

int Fail(const absl::Status& status) {
  Complain(std::string(status.message()));
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
