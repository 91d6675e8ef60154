/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ledger: one slot per thread in an mmapable array. The kernel writes a slot only while it
 * switches that thread, so a thread that reads its own slot cannot race. Nothing in a slot is secret
 * from the process it belongs to.
 *
 * Threads of a registered process have their slots in an array of that process alone, which it maps
 * too; all others in the host's array. A thread that moves from one to the other takes its totals
 * along, and has one slot at any time.
 *
 * Another reader takes `seq`, copies, and takes `seq` again: an odd or changed value means that the
 * copy may be torn and is to be made again.
 *
 * Times are those of the scheduler's clock (rq->clock), which is not CLOCK_MONOTONIC; the header
 * says how far apart the two are.
 */
#ifndef LOADLINE_ABI_LEDGER_H
#define LOADLINE_ABI_LEDGER_H

#include "loadline_abi/wait_reason.h"

enum ll_thread_state {
	LL_STATE_NONE,		/* The slot belongs to nobody. */
	LL_STATE_RUNNING,
	LL_STATE_RUNNABLE,	/* Left the CPU without wanting to. */
	LL_STATE_BLOCKED,	/* Waits; it may have been woken since, which only its next run tells. */
	LL_STATE_THROTTLED,	/* As runnable, but held back by the CPU quota of its cgroup. */
};

struct ll_totals {
	__u64 on_cpu_ns;
	__u64 runq_self_ns;		/* Queued, while that CPU ran a thread of the same pool. */
	__u64 runq_neighbour_ns;	/* Queued, while it ran somebody else. */
	__u64 runq_throttled_ns;	/* Held back by the CPU quota of its cgroup. */
	__u64 runq_unattributed_ns;	/* Queued; who ran is not known. */
	__u64 switches_voluntary;
	__u64 switches_involuntary;
	__u64 blocked_ns[LL_WAIT_REASONS_MAX];	/* By enum ll_wait_reason. */
};

/* On CPU for longer than this between two polls: an event loop that was away from its poll for long. */
#define LL_LOOP_RAN_MIN_NS 50000000
#define LL_LOOP_RAN_SHIFT 20	/* Of ll_slot.loop_ran: in units of 1.05 ms, which wrap after 52 days. */

struct ll_slot {
	__u32 seq;		/* Odd while the kernel writes. */
	__u32 tid;		/* Both in the initial pid namespace. */
	__u32 tgid;
	__u32 tid_inner;	/* The tid that the thread itself sees. */
	/*
	 * start_boottime: with the tid, who the owner is. Of a thread that took over the first one's tid by
	 * an exec, when it did.
	 */
	__u64 started_ns;
	__u64 since_ns;		/* When the interval that is open now began. */
	__u64 wait_addr;	/* The futex that it waits on, or 0; if it is stopped, enum ll_holder. */
	__u32 loop_ran;		/* Time between two polls of LL_LOOP_RAN_MIN_NS and more, see there. */
	__u8 state;		/* enum ll_thread_state. */
	__u8 reason;		/* enum ll_wait_reason of the last wait: that in progress, if blocked. */
	__u8 reason_before;	/* If `reason` is that it is stopped: of the wait before that. */
	__u8 reserved;		/* 0. */
	struct ll_totals totals;	/* Four cache lines in all. */
};

/* Index 0 of the array is no thread's. */
struct ll_ledger_header {
	__u32 version;		/* LL_ABI_VERSION. */
	__u32 slots;		/* Of the array, this one included. */
	__s64 clock_offset_ns;	/* CLOCK_MONOTONIC - scheduler's clock, last time they were compared. */
	__u64 alive_ns;		/* CLOCK_MONOTONIC, when the agent last showed that it lives. */
	__u32 generation;	/* Of the process's arrays, from 1 on; 0: the host's. */
	__u32 tgid;		/* Whose threads, in the initial pid namespace; 0: the host's. */
	__u32 used;		/* Slots of the process's array that have an owner. */
	__u32 cursor;		/* Where the kernel looks next for one that has none. */
	__u64 full;		/* Threads that found none. */
	__u8 reserved[208];	/* 0. */
};

/* The agent says so each LL_ALIVE_EVERY_NS. Later than LL_ALIVE_FOR_NS, nobody writes slots any more. */
#define LL_ALIVE_EVERY_NS 100000000
#define LL_ALIVE_FOR_NS 1000000000

/*
 * How a process gets its ledger: it connects to the agent's socket `ledger.sock` (a stream), sends one
 * ll_ledger_request, and keeps the connection. Each ll_ledger_answer with LL_LEDGER_GIVEN carries the
 * descriptor of an array (SCM_RIGHTS), which takes the place of the one before; any other is the last.
 * Whoever connected is whose threads they are, by the kernel's word (SO_PEERCRED). The registration
 * ends with the connection or with the process.
 */
struct ll_ledger_request {
	__u32 version;		/* LL_ABI_VERSION. */
	__u32 reserved;		/* 0. */
};

/* X(name, text): why there is none, as a word. */
#define LL_LEDGER_STATUSES(X) \
	X(GIVEN, "given") \
	X(VERSION, "version")	/* The agent speaks another one, which `version` tells. */ \
	X(SOURCE, "source")	/* The agent measures without probes. */ \
	X(FULL, "full")		/* Too many processes have ledgers, or too large ones. */ \
	X(TAKEN, "taken")	/* The process has one, by another connection. */ \
	X(NAMESPACE, "namespace")	/* The agent cannot see the process. */ \
	X(RATE, "rate")		/* Its user asks too often. */ \
	X(IMAGE, "image")	/* The process executed another program: it is to register again. */ \
	X(FAILED, "failed")	/* The kernel refused. */

enum ll_ledger_status {
#define LL_LEDGER_ENUMERATOR(name, text) LL_LEDGER_##name,
	LL_LEDGER_STATUSES(LL_LEDGER_ENUMERATOR)
#undef LL_LEDGER_ENUMERATOR
	LL_LEDGER_STATUS_COUNT,
};

struct ll_ledger_answer {
	__u32 version;		/* The agent's LL_ABI_VERSION. */
	__u32 status;		/* enum ll_ledger_status. */
	__u32 slots;		/* Of the array, the header included. */
	__u32 generation;	/* As its header says. */
};

LL_ABI_ASSERT(sizeof(struct ll_ledger_request) == 8);
LL_ABI_ASSERT(sizeof(struct ll_ledger_answer) == 16);
LL_ABI_ASSERT(sizeof(struct ll_totals) == 208);
LL_ABI_OFFSET(struct ll_totals, blocked_ns, 56);
LL_ABI_ASSERT(sizeof(struct ll_slot) == 256);
LL_ABI_OFFSET(struct ll_slot, started_ns, 16);
LL_ABI_OFFSET(struct ll_slot, loop_ran, 40);
LL_ABI_OFFSET(struct ll_slot, totals, 48);
LL_ABI_OFFSET(struct ll_ledger_header, alive_ns, 16);
LL_ABI_OFFSET(struct ll_ledger_header, full, 40);
LL_ABI_ASSERT(sizeof(struct ll_ledger_header) == sizeof(struct ll_slot));

#endif /* LOADLINE_ABI_LEDGER_H */
