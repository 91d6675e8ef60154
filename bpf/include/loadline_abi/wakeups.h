/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who wakes whom, as `loadline deep` reads it: edges of the wait-for graph between pools, the names of
 * the pools, and what was not seen.
 */
#ifndef LOADLINE_ABI_WAKEUPS_H
#define LOADLINE_ABI_WAKEUPS_H

#include "loadline_abi/host.h"

#define LL_EDGES 16384
#define LL_EDGE_POOLS 8192

#define LL_DID_NOT_WAIT 0xff	/* As a waker's reason. */

/* Hash `ll_edges`. Pools are numbers of the kernel side; ll_edge_pools has their names. */
struct ll_edge_key {
	__u32 woken;
	__u32 waker;		/* 0: an interrupt. */
	__u8 reason;		/* enum ll_wait_reason of the woken. */
	__u8 waker_reason;	/* What the waker waited for itself meanwhile, or LL_DID_NOT_WAIT. */
	__u8 reserved[2];	/* 0. */
};

/* Waits that ended. From falling asleep to being woken: waiting for a CPU afterwards is not in it. */
struct ll_edge {
	__u64 waits;
	__u64 wait_ns;
	__u64 longest_ns;
	__u64 waker_waited_ns;	/* Of wait_ns: the waker was asleep itself. */
	__u64 addr;		/* Futex of the longest; 0: none. */
	struct ll_peer peer;	/* Of the longest. */
};

/* Hash `ll_edge_pools`, by the pool's number. */
struct ll_edge_pool {
	__u32 tgid;		/* 0: the threads of the kernel itself. */
	char process[LL_NAME_SIZE];
	char name[LL_NAME_SIZE];	/* Runs of digits replaced by '*'. */
};

#define LL_WAKE_LOSSES(X) \
	X(THREADS, "threads")		/* A switch or waking of a thread that is not known. */ \
	X(WAKERS, "wakers")		/* A wait ended, and who ended it was not seen. */ \
	X(EDGES_FULL, "edges_full")	/* A wait whose edge found no room. */ \
	X(POOLS_FULL, "pools_full")	/* A pool whose name found no room. */ \
	X(WAKER_WAITS, "waker_waits")	/* The waker had waited more often than is remembered. */

enum ll_wake_loss {
#define LL_WAKE_LOSS_ENUMERATOR(name, text) LL_WAKE_LOSS_##name,
	LL_WAKE_LOSSES(LL_WAKE_LOSS_ENUMERATOR)
#undef LL_WAKE_LOSS_ENUMERATOR
	LL_WAKE_LOSS_COUNT,
};

#define LL_WAKE_TIMED_EVERY 64	/* A power of two. Each run times itself that often. */

/* Per-CPU array `ll_wake_counts`, key 0. */
struct ll_wake_counts {
	__u64 runs;		/* Of the two programs. */
	__u64 timed_ns;		/* What each LL_WAKE_TIMED_EVERYth of them took, together. */
	__u64 lost_wait_ns;	/* Waits that are in no edge. */
	__u64 lost[LL_WAKE_LOSS_COUNT];
};

LL_ABI_ASSERT(sizeof(struct ll_edge_key) == 12);
LL_ABI_ASSERT(sizeof(struct ll_edge) == 64);
LL_ABI_ASSERT(sizeof(struct ll_edge_pool) == 36);
LL_ABI_ASSERT(sizeof(struct ll_wake_counts) == 8 * (3 + LL_WAKE_LOSS_COUNT));

#endif /* LOADLINE_ABI_WAKEUPS_H */
