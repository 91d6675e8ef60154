// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace loadline {

std::optional<std::string> ReadSmallFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return std::nullopt;
  }
  std::string contents;
  std::array<char, 4096> buffer;
  ssize_t got = 0;
  while ((got = read(fd, buffer.data(), buffer.size())) > 0 || (got < 0 && errno == EINTR)) {
    contents.append(buffer.data(), static_cast<std::size_t>(got > 0 ? got : 0));
  }
  close(fd);
  if (got < 0) {  // A thread that is gone answers ESRCH.
    return std::nullopt;
  }
  return contents;
}

}  // namespace loadline
