// SPDX-License-Identifier: Apache-2.0
#include "agent/command/companion.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace loadline::cli {

absl::StatusOr<std::filesystem::path> OwnProgram() {
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return absl::InternalError(absl::StrCat("/proc/self/exe: ", error.message()));
  }
  return self;
}

absl::StatusOr<std::filesystem::path> FindCompanion(std::string_view file) {
  const absl::StatusOr<std::filesystem::path> self = OwnProgram();
  if (!self.ok()) {
    return self.status();
  }
  const std::filesystem::path here = self->parent_path();
  std::string folders;
  for (const char* relative : {".", LOADLINE_BIN_TO_LIBEXEC, LOADLINE_LIBEXEC_TO_BIN}) {
    const std::filesystem::path folder = (here / relative / "").lexically_normal().parent_path();
    if (access((folder / file).c_str(), X_OK) == 0) {
      return folder / file;
    }
    absl::StrAppend(&folders, folders.empty() ? "" : ", ", folder.string());
  }
  return absl::NotFoundError(
      absl::StrCat("the program \"", std::string(file), "\" is in none of ", folders));
}

bool IsCompanionName(std::string_view word) {
  return !word.empty() && absl::ascii_islower(static_cast<unsigned char>(word.front())) &&
         std::ranges::all_of(word, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) || c == '-';
         });
}

absl::Status RunCompanion(int argc, char** argv) {
  const absl::StatusOr<std::filesystem::path> program =
      FindCompanion(absl::StrCat("loadline-", argv[1]));
  if (!program.ok()) {
    return program.status();
  }
  std::vector<char*> arguments(argv + 1, argv + argc);  // NAME becomes argv[0].
  arguments.push_back(nullptr);
  execv(program->c_str(), arguments.data());
  return absl::UnavailableError(
      absl::StrCat("cannot run ", program->string(), ": ", std::strerror(errno)));
}

}  // namespace loadline::cli
