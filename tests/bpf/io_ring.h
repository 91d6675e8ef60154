// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>

namespace loadline::agent {

// The smallest io_uring there is: one read at a time, for which the caller waits. One thread.
class IoRing {
 public:
  // Null: this kernel has none, or forbids it.
  static std::shared_ptr<IoRing> Create() {
    io_uring_params params{};
    const int fd = static_cast<int>(syscall(SYS_io_uring_setup, 1, &params));
    return fd < 0 ? nullptr : std::shared_ptr<IoRing>(new IoRing(fd, params));
  }
  ~IoRing() { close(fd_); }
  IoRing(const IoRing&) = delete;
  IoRing& operator=(const IoRing&) = delete;

  // Asks for eight bytes of `from`, and sleeps in io_uring_enter() until they are there.
  void ReadOne(int from) {
    *entry_ = io_uring_sqe{};
    entry_->opcode = IORING_OP_READ;
    entry_->fd = from;
    entry_->addr = reinterpret_cast<std::uintptr_t>(bytes_.data());
    entry_->len = sizeof(bytes_);
    submitted_[0] = 0;
    submit_tail_.fetch_add(1);
    if (syscall(SYS_io_uring_enter, fd_, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) < 0) {
      std::abort();
    }
    complete_head_.fetch_add(1);
  }

 private:
  IoRing(int fd, const io_uring_params& params)
      : fd_(fd),
        submit_(
            Map(params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING)),
        complete_(
            Map(params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING)),
        entry_(reinterpret_cast<io_uring_sqe*>(
            Map(params.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES))),
        submitted_(reinterpret_cast<unsigned*>(submit_ + params.sq_off.array)),
        submit_tail_(*reinterpret_cast<unsigned*>(submit_ + params.sq_off.tail)),
        complete_head_(*reinterpret_cast<unsigned*>(complete_ + params.cq_off.head)) {}

  char* Map(std::size_t size, off_t offset) const {
    void* memory =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, offset);
    if (memory == MAP_FAILED) {
      std::abort();
    }
    return static_cast<char*>(memory);
  }

  int fd_;
  char* submit_;  // Mapped until the program ends.
  char* complete_;
  io_uring_sqe* entry_;
  unsigned* submitted_;
  std::atomic_ref<unsigned> submit_tail_;
  std::atomic_ref<unsigned> complete_head_;
  std::array<char, 8> bytes_;
};

}  // namespace loadline::agent
