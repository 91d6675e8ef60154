/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a thread that is not running waits for. One list from kernel to dashboard; the order is that
 * of loadline/wait_reason.h and of loadline.v1.WaitReason. Add at the end; never reorder.
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
	X(IDLE, "idle")			/* Waiting for work, on evidence. */

enum ll_wait_reason {
#define LL_WAIT_ENUMERATOR(name, text) LL_WAIT_##name,
	LL_WAIT_REASONS(LL_WAIT_ENUMERATOR)
#undef LL_WAIT_ENUMERATOR
	LL_WAIT_REASON_COUNT,
};

LL_ABI_ASSERT(LL_WAIT_OTHER == 0);
LL_ABI_ASSERT(LL_WAIT_IDLE == 15);
LL_ABI_ASSERT(LL_WAIT_REASON_COUNT == 16);

#endif /* LOADLINE_ABI_WAIT_REASON_H */
