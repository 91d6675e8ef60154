// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "agent/src/kernel/bpf_log.h"

namespace loadline::agent {

// A link that runs `program` over the threads that `filter` names, or over all where the kernel
// knows no such filter (before 6.1): `program`, or who reads what it wrote, tells them apart.
class IteratorLink {
 public:
  IteratorLink(bpf_program* program, bpf_iter_link_info filter) {
    LIBBPF_OPTS(bpf_iter_attach_opts, options);
    options.link_info = &filter;
    options.link_info_len = sizeof(filter);
    link_ = bpf_program__attach_iter(program, &options);
    if (link_ == nullptr && errno == E2BIG) {
      link_ = bpf_program__attach_iter(program, nullptr);
    }
  }
  ~IteratorLink() { bpf_link__destroy(link_); }
  IteratorLink(const IteratorLink&) = delete;
  IteratorLink& operator=(const IteratorLink&) = delete;

  // Appends everything that the program wrote.
  template <typename T>
  absl::Status ReadAll(std::vector<T>& out) {
    const int fd = link_ == nullptr ? -1 : bpf_iter_create(bpf_link__fd(link_));
    if (fd < 0) {
      return WalkError(errno);
    }
    constexpr std::size_t kAtOnce = std::size_t{64} * 1024 / sizeof(T);
    std::size_t filled = out.size() * sizeof(T);  // Bytes: a read may end within a record.
    ssize_t got;
    do {
      if (out.size() * sizeof(T) - filled < sizeof(T)) {
        out.resize(out.size() + kAtOnce);
      }
      got = read(fd, reinterpret_cast<char*>(out.data()) + filled, out.size() * sizeof(T) - filled);
      filled += got > 0 ? static_cast<std::size_t>(got) : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    const int error = errno;
    close(fd);
    out.resize(filled / sizeof(T));
    return got < 0 ? WalkError(error) : absl::OkStatus();
  }

 private:
  bpf_link* link_ = nullptr;
};

}  // namespace loadline::agent
