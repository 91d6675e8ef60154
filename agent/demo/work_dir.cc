// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/work_dir.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace loadline::demo {

absl::StatusOr<WorkDir> WorkDir::Create() {
  std::error_code error;
  std::filesystem::path root = std::filesystem::temp_directory_path(error);
  if (error) {
    root = "/tmp";
  }
  std::string name = (root / "loadline-demo.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr || chmod(name.c_str(), 0711) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot make a directory in ", root.string()));
  }
  return WorkDir(name);
}

WorkDir::~WorkDir() {
  if (!path_.empty()) {
    std::error_code ignored;  // Nothing is left to be done about it.
    std::filesystem::remove_all(path_, ignored);
  }
}

}  // namespace loadline::demo
