// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_wchan.h"

#include <algorithm>
#include <array>

namespace loadline::agent {
namespace {

using enum WaitReason;

struct Entry {
  std::string_view prefix;
  WaitReason reason;
};

// The first that fits. Where a function serves several callers, the usual one.
constexpr auto kTable = std::to_array<Entry>({
    {"futex_lock_pi", kLock},
    {"futex_", kSync},
    {"__futex_wait", kSync},
    {"do_semtimedop", kSync},
    {"__do_semtimedop", kSync},
    {"locks_lock_inode_wait", kLock},
    {"flock_lock_inode_wait", kLock},
    {"posix_lock_inode_wait", kLock},
    {"fcntl_setlk", kLock},

    {"do_nanosleep", kSleep},
    {"hrtimer_nanosleep", kSleep},
    {"timerfd_read", kSleep},
    {"do_wait", kChild},
    {"kernel_wait", kChild},
    {"wait_for_vfork_done", kChild},
    {"kernel_clone", kChild},
    {"sigsuspend", kSignal},
    {"__do_sys_pause", kSignal},
    {"__x64_sys_pause", kSignal},
    {"signalfd_read", kSignal},

    {"ep_poll", kPoll},
    {"do_epoll_wait", kPoll},
    {"do_sys_poll", kPoll},
    {"do_poll", kPoll},
    {"poll_schedule_timeout", kPoll},
    {"do_select", kPoll},
    {"io_cqring_wait", kPoll},
    {"inet_csk_accept", kPoll},
    {"do_sigtimedwait", kPoll},

    {"sk_wait_data", kNetwork},
    {"sk_stream_wait_", kNetwork},
    {"wait_woken", kNetwork},  // A terminal, too.
    {"tcp_", kNetwork},
    {"inet_wait_for_connect", kNetwork},
    {"__inet_stream_connect", kNetwork},
    {"__skb_wait_for_more_packets", kNetwork},  // A Unix datagram socket, too.

    {"pipe_", kIpc},
    {"anon_pipe_", kIpc},
    {"wait_for_partner", kIpc},
    {"fifo_open", kIpc},
    {"eventfd_", kIpc},
    {"unix_", kIpc},
    {"sock_alloc_send_pskb", kIpc},
    {"n_tty_", kIpc},
    {"tty_", kIpc},
    {"do_msgrcv", kIpc},
    {"do_msgsnd", kIpc},
    {"wq_sleep", kIpc},

    {"folio_wait_", kDisk},
    {"wait_on_page", kDisk},
    {"__lock_page", kDisk},
    {"__folio_lock", kDisk},
    {"io_schedule", kDisk},
    {"blk_", kDisk},
    {"submit_bio_wait", kDisk},
    {"bit_wait_io", kDisk},
    {"wait_on_bit_io", kDisk},
    {"__wait_on_buffer", kDisk},
    {"rq_qos_wait", kDisk},
    {"iomap_", kDisk},
    {"jbd2_", kDisk},
    {"ext4_", kDisk},
    {"xfs_", kDisk},
    {"btrfs_", kDisk},
    {"wb_wait_for", kDisk},
    {"nfs_", kDisk},
    {"rpc_wait_bit_killable", kDisk},
    {"read_events", kDisk},

    {"rwsem_", kKernelLock},
    {"down_read", kKernelLock},
    {"down_write", kKernelLock},
    {"__mutex", kKernelLock},
    {"mutex_lock", kKernelLock},
    {"lock_mm_and_find_vma", kKernelLock},
    {"do_user_addr_fault", kKernelLock},
    {"exc_page_fault", kKernelLock},
    {"vm_mmap_pgoff", kKernelLock},
    {"__vm_munmap", kKernelLock},
    {"do_mprotect_pkey", kKernelLock},

    {"shrink_", kMemory},
    {"reclaim_throttle", kMemory},
    {"throttle_direct_reclaim", kMemory},
    {"balance_dirty_pages", kMemory},
    {"mem_cgroup_", kMemory},

    {"do_signal_stop", kStopped},
    {"ptrace_stop", kStopped},
    {"do_freezer_trap", kStopped},
    {"__refrigerator", kStopped},
});

}  // namespace

std::optional<WaitReason> ReasonOfFunction(std::string_view function) {
  const auto* const found = std::ranges::find_if(
      kTable, [function](const Entry& entry) { return function.starts_with(entry.prefix); });
  if (found == kTable.end()) {
    return std::nullopt;
  }
  return found->reason;
}

}  // namespace loadline::agent
