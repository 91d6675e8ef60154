/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a thread that is not running waits for, and which system calls and kernel functions show it. One list from kernel to
 * dashboard; the order is that of loadline/wait_reason.h and of loadline.v1.WaitReason. Add at the
 * end; never reorder.
 */
#ifndef LOADLINE_ABI_WAIT_REASON_H
#define LOADLINE_ABI_WAIT_REASON_H

#include "loadline_abi/abi.h"

#define LL_WAIT_REASONS(X) \
	X(OTHER, "other")		/* Not classified. */ \
	X(LOCK, "lock")			/* A contended user-space lock. */ \
	X(CONDITION, "condition")	/* A condition variable: a hand-off. */ \
	X(SYNC, "sync")			/* A futex that may be either of the two. */ \
	X(NETWORK, "network")		/* A socket with a remote peer. */ \
	X(IPC, "ipc")			/* Pipe, eventfd, Unix socket, terminal. */ \
	X(DISK, "disk") \
	X(MEMORY, "memory")		/* Reclaim or refault. */ \
	X(PAGE_FAULT, "page_fault") \
	X(POLL, "poll")			/* Many descriptors: an event loop. */ \
	X(SLEEP, "sleep") \
	X(CHILD, "child") \
	X(SIGNAL, "signal") \
	X(KERNEL_LOCK, "kernel_lock")	/* mmap_lock and friends. */ \
	X(STOPPED, "stopped")		/* Stopped, traced, frozen. */ \
	X(IDLE, "idle")			/* Waiting for work, on evidence. */ \
	X(FILE_LOCK, "file_lock")	/* A lock on a file, which another process may hold. */ \
	LL_WAIT_REASONS_MORE(X)

/* A test compiles the programs with as many reasons as there is room for. */
#ifndef LL_WAIT_REASONS_MORE
#define LL_WAIT_REASONS_MORE(X)
#endif

/* For so many there is room in a slot, which is 256 bytes. */
#define LL_WAIT_REASONS_MAX 19

enum ll_wait_reason {
#define LL_WAIT_ENUMERATOR(name, text) LL_WAIT_##name,
	LL_WAIT_REASONS(LL_WAIT_ENUMERATOR)
#undef LL_WAIT_ENUMERATOR
	LL_WAIT_REASON_COUNT,
};

/*
 * X(NAME, text): who does not let a thread go on whose reason is LL_WAIT_STOPPED. A slot has it in
 * `wait_addr`: no futex has such an address. Add at the end; never reorder.
 */
#define LL_HOLDERS(X) \
	X(NONE, "none") \
	X(UNKNOWN, "unknown") \
	X(SIGNAL, "signal")	/* SIGSTOP and its like. */ \
	X(TRACER, "tracer")	/* A debugger, strace. */ \
	X(FREEZER, "freezer")	/* Of its control group. */

enum ll_holder {
#define LL_HOLDER_ENUMERATOR(name, text) LL_HOLDER_##name,
	LL_HOLDERS(LL_HOLDER_ENUMERATOR)
#undef LL_HOLDER_ENUMERATOR
	LL_HOLDER_COUNT,
};

/* Classes of system calls beyond the reasons: the arguments decide. */
enum ll_call_class {
	LL_CALL_FUTEX = 64,
	LL_CALL_FD,		/* What the descriptor in the first argument is. */
	LL_CALL_POLL,		/* What all descriptors of the set are. */
	LL_CALL_SELECT,
	LL_CALL_PROCESS,	/* vfork and the like. */
	LL_CALL_FILES,		/* By name, or about files: a disk, also where a program plays one. */
	LL_CALL_RESTART,	/* The call before, taken up again. */
	LL_CALL_POLL_FD,	/* A poll, by the descriptor in the first argument. */
};

/*
 * What a thread that sleeps in a system call waits for, as far as its number tells; the probes and the
 * reader of /proc decide by this table. X(class, x86-64, arm64); -1: that machine has no such call.
 */
#define LL_CALLS(X) \
	X(LL_CALL_FUTEX, 202, 98) \
	X(LL_CALL_FD, 0, 63)		/* read */ \
	X(LL_CALL_FD, 1, 64)		/* write */ \
	X(LL_CALL_FD, 3, 57)		/* close */ \
	X(LL_CALL_FD, 16, 29)		/* ioctl */ \
	X(LL_CALL_FD, 17, 67)		/* pread64 */ \
	X(LL_CALL_FD, 18, 68)		/* pwrite64 */ \
	X(LL_CALL_FD, 19, 65)		/* readv */ \
	X(LL_CALL_FD, 20, 66)		/* writev */ \
	X(LL_CALL_FD, 40, 71)		/* sendfile */ \
	X(LL_CALL_FD, 42, 203)		/* connect */ \
	X(LL_CALL_FD, 44, 206)		/* sendto */ \
	X(LL_CALL_FD, 45, 207)		/* recvfrom */ \
	X(LL_CALL_FD, 46, 211)		/* sendmsg */ \
	X(LL_CALL_FD, 47, 212)		/* recvmsg */ \
	X(LL_CALL_FD, 48, 210)		/* shutdown */ \
	X(LL_CALL_FD, 275, 76)		/* splice */ \
	X(LL_CALL_FD, 276, 77)		/* tee */ \
	X(LL_CALL_FD, 278, 75)		/* vmsplice */ \
	X(LL_CALL_FD, 295, 69)		/* preadv */ \
	X(LL_CALL_FD, 296, 70)		/* pwritev */ \
	X(LL_CALL_FD, 299, 243)		/* recvmmsg */ \
	X(LL_CALL_FD, 307, 269)		/* sendmmsg */ \
	X(LL_CALL_FD, 327, 286)		/* preadv2 */ \
	X(LL_CALL_FD, 328, 287)		/* pwritev2 */ \
	X(LL_CALL_POLL, 7, -1)		/* poll */ \
	X(LL_CALL_POLL, 271, 73)	/* ppoll */ \
	X(LL_CALL_SELECT, 23, -1)	/* select */ \
	X(LL_CALL_SELECT, 270, 72)	/* pselect6 */ \
	X(LL_CALL_POLL_FD, 43, 202)	/* accept */ \
	X(LL_WAIT_POLL, 128, 137)	/* rt_sigtimedwait */ \
	X(LL_CALL_POLL_FD, 232, -1)	/* epoll_wait */ \
	X(LL_CALL_POLL_FD, 281, 22)	/* epoll_pwait */ \
	X(LL_CALL_POLL_FD, 288, 242)	/* accept4 */ \
	X(LL_CALL_POLL_FD, 426, 426)	/* io_uring_enter */ \
	X(LL_CALL_POLL_FD, 441, 441)	/* epoll_pwait2 */ \
	X(LL_WAIT_SLEEP, 35, 101)	/* nanosleep */ \
	X(LL_WAIT_SLEEP, 230, 115)	/* clock_nanosleep */ \
	X(LL_WAIT_CHILD, 61, 260)	/* wait4 */ \
	X(LL_WAIT_CHILD, 247, 95)	/* waitid */ \
	X(LL_CALL_PROCESS, 56, 220)	/* clone */ \
	X(LL_CALL_PROCESS, 58, -1)	/* vfork */ \
	X(LL_CALL_PROCESS, 435, 435)	/* clone3 */ \
	X(LL_WAIT_SIGNAL, 34, -1)	/* pause */ \
	X(LL_WAIT_SIGNAL, 130, 133)	/* rt_sigsuspend */ \
	X(LL_WAIT_SYNC, 65, 193)	/* semop */ \
	X(LL_WAIT_SYNC, 220, 192)	/* semtimedop */ \
	X(LL_WAIT_SYNC, 449, 449)	/* futex_waitv */ \
	X(LL_WAIT_SYNC, 455, 455)	/* futex_wait */ \
	X(LL_WAIT_FILE_LOCK, 72, 25)	/* fcntl: F_SETLKW */ \
	X(LL_WAIT_FILE_LOCK, 73, 32)	/* flock */ \
	X(LL_WAIT_IPC, 69, 189)		/* msgsnd */ \
	X(LL_WAIT_IPC, 70, 188)		/* msgrcv */ \
	X(LL_WAIT_IPC, 242, 182)	/* mq_timedsend */ \
	X(LL_WAIT_IPC, 243, 183)	/* mq_timedreceive */ \
	X(LL_WAIT_IPC, 2, -1)		/* open: of a FIFO */ \
	X(LL_WAIT_IPC, 257, 56)		/* openat */ \
	X(LL_WAIT_DISK, 26, 227)	/* msync */ \
	X(LL_WAIT_DISK, 74, 82)		/* fsync */ \
	X(LL_WAIT_DISK, 75, 83)		/* fdatasync */ \
	X(LL_WAIT_DISK, 162, 81)	/* sync */ \
	X(LL_WAIT_DISK, 208, 4)		/* io_getevents */ \
	X(LL_WAIT_DISK, 277, 84)	/* sync_file_range */ \
	X(LL_WAIT_DISK, 306, 267)	/* syncfs */ \
	X(LL_WAIT_DISK, 333, 292)	/* io_pgetevents */ \
	X(LL_WAIT_KERNEL_LOCK, 9, 222)	/* mmap */ \
	X(LL_WAIT_KERNEL_LOCK, 10, 226)	/* mprotect */ \
	X(LL_WAIT_KERNEL_LOCK, 11, 215)	/* munmap */ \
	X(LL_WAIT_KERNEL_LOCK, 12, 214)	/* brk */ \
	X(LL_WAIT_KERNEL_LOCK, 25, 216)	/* mremap */ \
	X(LL_WAIT_KERNEL_LOCK, 28, 233)	/* madvise */ \
	X(LL_CALL_FILES, 4, -1)		/* stat */ \
	X(LL_CALL_FILES, 5, 80)		/* fstat */ \
	X(LL_CALL_FILES, 6, -1)		/* lstat */ \
	X(LL_CALL_FILES, 21, -1)	/* access */ \
	X(LL_CALL_FILES, 59, 221)	/* execve */ \
	X(LL_CALL_FILES, 76, 45)	/* truncate */ \
	X(LL_CALL_FILES, 77, 46)	/* ftruncate */ \
	X(LL_CALL_FILES, 78, -1)	/* getdents */ \
	X(LL_CALL_FILES, 80, 49)	/* chdir */ \
	X(LL_CALL_FILES, 82, -1)	/* rename */ \
	X(LL_CALL_FILES, 83, -1)	/* mkdir */ \
	X(LL_CALL_FILES, 84, -1)	/* rmdir */ \
	X(LL_CALL_FILES, 85, -1)	/* creat */ \
	X(LL_CALL_FILES, 86, -1)	/* link */ \
	X(LL_CALL_FILES, 87, -1)	/* unlink */ \
	X(LL_CALL_FILES, 88, -1)	/* symlink */ \
	X(LL_CALL_FILES, 89, -1)	/* readlink */ \
	X(LL_CALL_FILES, 90, -1)	/* chmod */ \
	X(LL_CALL_FILES, 91, 52)	/* fchmod */ \
	X(LL_CALL_FILES, 92, -1)	/* chown */ \
	X(LL_CALL_FILES, 93, 55)	/* fchown */ \
	X(LL_CALL_FILES, 132, -1)	/* utime */ \
	X(LL_CALL_FILES, 133, -1)	/* mknod */ \
	X(LL_CALL_FILES, 137, 43)	/* statfs */ \
	X(LL_CALL_FILES, 138, 44)	/* fstatfs */ \
	X(LL_CALL_FILES, 165, 40)	/* mount */ \
	X(LL_CALL_FILES, 166, 39)	/* umount2 */ \
	X(LL_CALL_FILES, 187, 213)	/* readahead */ \
	X(LL_CALL_FILES, 188, 5)	/* setxattr */ \
	X(LL_CALL_FILES, 190, 7)	/* fsetxattr */ \
	X(LL_CALL_FILES, 191, 8)	/* getxattr */ \
	X(LL_CALL_FILES, 209, 2)	/* io_submit */ \
	X(LL_CALL_FILES, 217, 61)	/* getdents64 */ \
	X(LL_CALL_FILES, 221, 223)	/* fadvise64 */ \
	X(LL_CALL_FILES, 235, -1)	/* utimes */ \
	X(LL_CALL_FILES, 258, 34)	/* mkdirat */ \
	X(LL_CALL_FILES, 259, 33)	/* mknodat */ \
	X(LL_CALL_FILES, 260, 54)	/* fchownat */ \
	X(LL_CALL_FILES, 262, 79)	/* newfstatat */ \
	X(LL_CALL_FILES, 263, 35)	/* unlinkat */ \
	X(LL_CALL_FILES, 264, 38)	/* renameat */ \
	X(LL_CALL_FILES, 265, 37)	/* linkat */ \
	X(LL_CALL_FILES, 266, 36)	/* symlinkat */ \
	X(LL_CALL_FILES, 267, 78)	/* readlinkat */ \
	X(LL_CALL_FILES, 268, 53)	/* fchmodat */ \
	X(LL_CALL_FILES, 269, 48)	/* faccessat */ \
	X(LL_CALL_FILES, 280, 88)	/* utimensat */ \
	X(LL_CALL_FILES, 285, 47)	/* fallocate */ \
	X(LL_CALL_FILES, 316, 276)	/* renameat2 */ \
	X(LL_CALL_FILES, 322, 281)	/* execveat */ \
	X(LL_CALL_FILES, 326, 285)	/* copy_file_range */ \
	X(LL_CALL_FILES, 332, 291)	/* statx */ \
	X(LL_CALL_FILES, 439, 439)	/* faccessat2 */ \
	X(LL_WAIT_IPC, 437, 437)	/* openat2 */ \
	X(LL_CALL_RESTART, 219, 128)	/* restart_syscall */

LL_ABI_ASSERT(LL_WAIT_OTHER == 0);
LL_ABI_ASSERT(LL_WAIT_IDLE == 15);
LL_ABI_ASSERT(LL_WAIT_REASON_COUNT <= LL_WAIT_REASONS_MAX);
LL_ABI_ASSERT(LL_WAIT_REASONS_MAX < LL_CALL_FUTEX);

/*
 * X(REASON, PREFIX): what a thread waits for by the kernel function in which it sleeps, where
 * /proc/PID/wchan is all that can be read. The first that fits; where a function serves several callers,
 * the usual one.
 */
#define LL_WAIT_FUNCTIONS(X) \
	X(LL_WAIT_LOCK, "futex_lock_pi") \
	X(LL_WAIT_SYNC, "futex_") \
	X(LL_WAIT_SYNC, "__futex_wait") \
	X(LL_WAIT_SYNC, "do_semtimedop") \
	X(LL_WAIT_SYNC, "__do_semtimedop") \
	X(LL_WAIT_FILE_LOCK, "locks_lock_inode_wait") \
	X(LL_WAIT_FILE_LOCK, "flock_lock_inode_wait") \
	X(LL_WAIT_FILE_LOCK, "posix_lock_inode_wait") \
	X(LL_WAIT_FILE_LOCK, "fcntl_setlk") \
	X(LL_WAIT_SLEEP, "do_nanosleep") \
	X(LL_WAIT_SLEEP, "hrtimer_nanosleep") \
	X(LL_WAIT_SLEEP, "timerfd_read") \
	X(LL_WAIT_CHILD, "do_wait") \
	X(LL_WAIT_CHILD, "kernel_wait") \
	X(LL_WAIT_CHILD, "wait_for_vfork_done") \
	X(LL_WAIT_CHILD, "kernel_clone") \
	X(LL_WAIT_SIGNAL, "sigsuspend") \
	X(LL_WAIT_SIGNAL, "__do_sys_pause") \
	X(LL_WAIT_SIGNAL, "__x64_sys_pause") \
	X(LL_WAIT_SIGNAL, "signalfd_read") \
	X(LL_WAIT_POLL, "ep_poll") \
	X(LL_WAIT_POLL, "do_epoll_wait") \
	X(LL_WAIT_POLL, "do_sys_poll") \
	X(LL_WAIT_POLL, "do_poll") \
	X(LL_WAIT_POLL, "poll_schedule_timeout") \
	X(LL_WAIT_POLL, "do_select") \
	X(LL_WAIT_POLL, "io_cqring_wait") \
	X(LL_WAIT_POLL, "inet_csk_accept") \
	X(LL_WAIT_POLL, "do_sigtimedwait") \
	X(LL_WAIT_NETWORK, "sk_wait_data") \
	X(LL_WAIT_NETWORK, "sk_stream_wait_") \
	X(LL_WAIT_NETWORK, "wait_woken")	/* A terminal, too. */ \
	X(LL_WAIT_NETWORK, "tcp_") \
	X(LL_WAIT_NETWORK, "inet_wait_for_connect") \
	X(LL_WAIT_NETWORK, "__inet_stream_connect") \
	X(LL_WAIT_NETWORK, "__skb_wait_for_more_packets")	/* A Unix datagram socket, too. */ \
	X(LL_WAIT_IPC, "pipe_") \
	X(LL_WAIT_IPC, "anon_pipe_") \
	X(LL_WAIT_IPC, "wait_for_partner") \
	X(LL_WAIT_IPC, "fifo_open") \
	X(LL_WAIT_IPC, "eventfd_") \
	X(LL_WAIT_IPC, "unix_") \
	X(LL_WAIT_IPC, "sock_alloc_send_pskb") \
	X(LL_WAIT_IPC, "n_tty_") \
	X(LL_WAIT_IPC, "tty_") \
	X(LL_WAIT_IPC, "do_msgrcv") \
	X(LL_WAIT_IPC, "do_msgsnd") \
	X(LL_WAIT_IPC, "wq_sleep") \
	X(LL_WAIT_DISK, "folio_wait_") \
	X(LL_WAIT_DISK, "wait_on_page") \
	X(LL_WAIT_DISK, "__lock_page") \
	X(LL_WAIT_DISK, "__folio_lock") \
	X(LL_WAIT_DISK, "io_schedule") \
	X(LL_WAIT_DISK, "blk_") \
	X(LL_WAIT_DISK, "submit_bio_wait") \
	X(LL_WAIT_DISK, "bit_wait_io") \
	X(LL_WAIT_DISK, "wait_on_bit_io") \
	X(LL_WAIT_DISK, "__wait_on_buffer") \
	X(LL_WAIT_DISK, "rq_qos_wait") \
	X(LL_WAIT_DISK, "iomap_") \
	X(LL_WAIT_DISK, "jbd2_") \
	X(LL_WAIT_DISK, "ext4_") \
	X(LL_WAIT_DISK, "xfs_") \
	X(LL_WAIT_DISK, "btrfs_") \
	X(LL_WAIT_DISK, "wb_wait_for") \
	X(LL_WAIT_DISK, "nfs_") \
	X(LL_WAIT_DISK, "rpc_wait_bit_killable") \
	X(LL_WAIT_DISK, "read_events") \
	X(LL_WAIT_KERNEL_LOCK, "rwsem_") \
	X(LL_WAIT_KERNEL_LOCK, "down_read") \
	X(LL_WAIT_KERNEL_LOCK, "down_write") \
	X(LL_WAIT_KERNEL_LOCK, "__mutex") \
	X(LL_WAIT_KERNEL_LOCK, "mutex_lock") \
	X(LL_WAIT_KERNEL_LOCK, "lock_mm_and_find_vma") \
	X(LL_WAIT_KERNEL_LOCK, "do_user_addr_fault") \
	X(LL_WAIT_KERNEL_LOCK, "exc_page_fault") \
	X(LL_WAIT_KERNEL_LOCK, "vm_mmap_pgoff") \
	X(LL_WAIT_KERNEL_LOCK, "__vm_munmap") \
	X(LL_WAIT_KERNEL_LOCK, "do_mprotect_pkey") \
	X(LL_WAIT_MEMORY, "shrink_") \
	X(LL_WAIT_MEMORY, "reclaim_throttle") \
	X(LL_WAIT_MEMORY, "throttle_direct_reclaim") \
	X(LL_WAIT_MEMORY, "balance_dirty_pages") \
	X(LL_WAIT_MEMORY, "mem_cgroup_") \
	X(LL_WAIT_STOPPED, "do_signal_stop") \
	X(LL_WAIT_STOPPED, "ptrace_stop") \
	X(LL_WAIT_STOPPED, "do_freezer_trap") \
	X(LL_WAIT_STOPPED, "get_signal")	/* Which has it inline, in some kernels. */ \
	X(LL_WAIT_STOPPED, "__refrigerator")

#endif /* LOADLINE_ABI_WAIT_REASON_H */
