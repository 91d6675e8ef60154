/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who ended waits, and what they had done meanwhile, as the agent reads it after each time in which wakes
 * were watched: sums by who waited and whose doing it was, how often pools woke each other, and what was
 * not seen.
 */
#ifndef LOADLINE_ABI_BLAME_H
#define LOADLINE_ABI_BLAME_H

#include "loadline_abi/wait_reason.h"

#define LL_BLAMES 4096
#define LL_POOL_WAKES 4096

/* What a thread did whom others waited for. */
enum ll_did {
	LL_DID_UNKNOWN,
	LL_DID_RAN,
	LL_DID_WAIT,		/* For what the reason says. */
	LL_DID_REST,		/* It polled, accepted, or waited for a request or for work. */
	LL_DID_INTERRUPT,	/* Nobody ended the wait: its time was up, or a signal came. */
	LL_DID_QUEUE,		/* For a CPU. */
	LL_DID_COUNT,
};

/* Hash `ll_blames`: waits on words and pipes that ended. */
struct ll_blame_key {
	__u32 tgid;		/* Who waited. */
	__u32 pool;
	__u32 waker_tgid;	/* Whose doing it was; 0: nobody's, or not known. */
	__u32 waker_pool;
	__u8 waited_for;	/* enum ll_wait_reason. */
	__u8 did;		/* enum ll_did. */
	__u8 reason;		/* enum ll_wait_reason; only for LL_DID_WAIT. */
	__u8 reserved;		/* 0. */
};

struct ll_blame {
	__u64 wait_ns;
	__u64 waits;		/* Each counts once, where the largest part of it was laid. */
};

/* Hash `ll_pool_wakes`: how often a thread of one pool ended a wait of a thread of another. */
struct ll_pool_wakes_key {
	__u32 waker_tgid;
	__u32 waker_pool;
	__u32 tgid;
	__u32 pool;
};

/* Bytes by the low bits of a process's or a pool's number; others with the same bits are watched too. */
#define LL_BLAME_GATES 4096	/* A power of two. */

#define LL_BLAME_LOSSES(X) \
	X(THREADS, "wake_threads")	/* A thread was woken that has no slot. */ \
	X(PATHS, "wake_paths")		/* What a thread had done was forgotten for another one. */ \
	X(BLAMES_FULL, "wake_blames_full")	/* A part of a wait that found no room. */ \
	X(WAKES_FULL, "wake_pools_full")	/* A wake whose two pools found no room. */

enum ll_blame_loss {
#define LL_BLAME_LOSS_ENUMERATOR(name, text) LL_BLAME_LOSS_##name,
	LL_BLAME_LOSSES(LL_BLAME_LOSS_ENUMERATOR)
#undef LL_BLAME_LOSS_ENUMERATOR
	LL_BLAME_LOSS_COUNT,
};

#define LL_BLAME_TIMED_EVERY 64	/* A power of two. Each run times itself that often. */

/* Per-CPU array `ll_blame_counts`, key 0. Since the probe was loaded. */
struct ll_blame_counts {
	__u64 runs;
	__u64 timed_ns;		/* What each LL_BLAME_TIMED_EVERYth of them took, together. */
	__u64 lost[LL_BLAME_LOSS_COUNT];
};

LL_ABI_ASSERT(sizeof(struct ll_blame_key) == 20);
LL_ABI_ASSERT(sizeof(struct ll_blame) == 16);
LL_ABI_ASSERT(sizeof(struct ll_pool_wakes_key) == 16);
LL_ABI_ASSERT(sizeof(struct ll_blame_counts) == 8 * (2 + LL_BLAME_LOSS_COUNT));

#endif /* LOADLINE_ABI_BLAME_H */
