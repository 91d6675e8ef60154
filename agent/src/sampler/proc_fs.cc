// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/src/sampler/proc_parse.h"
#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {
namespace {

class Descriptor {
 public:
  Descriptor(int directory, const char* path, int flags)
      : fd_(::openat(directory, path, flags | O_CLOEXEC)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace

absl::StatusOr<ProcFs> ProcFs::Open(const std::string& top) {
  Descriptor directory(AT_FDCWD, top.c_str(), O_RDONLY | O_DIRECTORY);
  if (directory.get() < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", top));
  }
  return ProcFs(directory.release());
}

ProcFs::~ProcFs() {
  if (top_ >= 0) {
    ::close(top_);
  }
}

std::string_view ProcFs::ReadOfThread(pid_t tgid, pid_t tid, std::string_view name) {
  std::array<char, 64> path;
  absl::SNPrintF(path.data(), path.size(), "%d/task/%d/%s", tgid, tid, name);
  const Descriptor file(top_, path.data(), O_RDONLY);
  if (file.get() < 0) {
    return {};
  }
  const ssize_t size = ::read(file.get(), buffer_.data(), buffer_.size());
  return {buffer_.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string ProcFs::OfProcess(pid_t tgid) const {
  const std::string text = ReadAll(absl::StrCat(tgid, "/task/", tgid, "/stat"));
  const std::optional<ProcStat> first = ParseStat(text);
  if (first && first->state == 'Z') {
    for (const pid_t tid : Numbers(absl::StrCat(tgid, "/task"))) {
      if (tid != tgid) {
        return absl::StrCat(tgid, "/task/", tid);
      }
    }
  }
  return absl::StrCat(tgid);
}

std::string ProcFs::ReadAll(const std::string& path) const {
  const Descriptor file(top_, path.c_str(), O_RDONLY);
  if (file.get() < 0) {
    return {};
  }
  std::string text;
  std::array<char, 16384> part;
  for (;;) {
    const ssize_t size = ::read(file.get(), part.data(), part.size());
    if (size <= 0) {
      return text;
    }
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

std::string ProcFs::ReadLink(const std::string& path) const {
  std::array<char, 256> target;
  const ssize_t size = ::readlinkat(top_, path.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

std::vector<pid_t> ProcFs::Numbers(const std::string& path) const {
  Descriptor directory(top_, path.c_str(), O_RDONLY | O_DIRECTORY);
  if (directory.get() < 0) {
    return {};
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(directory.get()), &::closedir);
  if (entries == nullptr) {
    return {};
  }
  directory.release();  // closedir() closes it.
  std::vector<pid_t> numbers;
  while (const dirent* entry = ::readdir(entries.get())) {
    pid_t number = 0;
    if (ToNumber(entry->d_name, number)) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

bool ProcFs::ReadMemory(pid_t tgid, std::uint64_t address, void* to, std::size_t size) const {
  const Descriptor memory(top_, absl::StrCat(tgid, "/mem").c_str(), O_RDONLY);
  return memory.get() >= 0 &&
         ::pread(memory.get(), to, size, static_cast<off_t>(address)) == static_cast<ssize_t>(size);
}

}  // namespace loadline::agent
