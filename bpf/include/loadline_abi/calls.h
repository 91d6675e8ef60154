/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a thread that sleeps in a system call waits for, as far as its number tells. The probes and
 * the reader of /proc decide by the same table.
 */
#ifndef LOADLINE_ABI_CALLS_H
#define LOADLINE_ABI_CALLS_H

#include "loadline_abi/wait_reason.h"

/* Beyond the reasons: the arguments decide. */
enum ll_call_class {
	LL_CALL_FUTEX = 64,
	LL_CALL_FD,		/* What the descriptor in the first argument is. */
	LL_CALL_POLL,		/* What all descriptors of the set are. */
	LL_CALL_SELECT,
	LL_CALL_PROCESS,	/* vfork and the like. */
	LL_CALL_RESTART,	/* The call before, taken up again. */
};

/* X(class, x86-64, arm64); -1: that machine has no such call. */
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
	X(LL_WAIT_POLL, 43, 202)	/* accept */ \
	X(LL_WAIT_POLL, 128, 137)	/* rt_sigtimedwait */ \
	X(LL_WAIT_POLL, 232, -1)	/* epoll_wait */ \
	X(LL_WAIT_POLL, 281, 22)	/* epoll_pwait */ \
	X(LL_WAIT_POLL, 288, 242)	/* accept4 */ \
	X(LL_WAIT_POLL, 426, 426)	/* io_uring_enter */ \
	X(LL_WAIT_POLL, 441, 441)	/* epoll_pwait2 */ \
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
	X(LL_WAIT_LOCK, 72, 25)		/* fcntl: F_SETLKW */ \
	X(LL_WAIT_LOCK, 73, 32)		/* flock */ \
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
	X(LL_CALL_RESTART, 219, 128)	/* restart_syscall */

#endif /* LOADLINE_ABI_CALLS_H */
