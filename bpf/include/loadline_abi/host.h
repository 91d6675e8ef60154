/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the agent alone reads: threads as the iterator sees them, what the exited ones left behind,
 * waits by peer, and every loss by name.
 */
#ifndef LOADLINE_ABI_HOST_H
#define LOADLINE_ABI_HOST_H

#include "loadline_abi/ledger.h"

/* Which way work goes on the connection that is waited for. */
enum ll_asks {
	LL_ASKS_UNKNOWN,
	LL_ASKS_ANSWER,		/* Something was sent since the last byte came. */
	LL_ASKS_WORK,		/* Nothing was, on a connection that was opened here. */
	LL_ASKS_REQUEST,	/* The far end opened the connection. */
	LL_ASKS_WANTED = 0xff,	/* Of the programs' own: it is to be looked up. */
};

/*
 * The far end of a socket. Family 0: none, or not known. Port 0: clients that connected to us. Of a Unix
 * socket (family 1) it is the end of the path, which tells most of them apart: `addr` holds its last 16
 * bytes, `port` its length; an abstract one begins with a zero.
 */
struct ll_peer {
	__u8 addr[16];		/* Network order; IPv4 takes the first four bytes. */
	__u16 port;		/* Host order. */
	__u8 family;		/* 4, 6, 1 or 0. */
	__u8 asks;		/* enum ll_asks: of waits in progress, else 0. */
	__u8 reserved[4];	/* 0. */
};

/*
 * One thread, as `ll_snapshot` and `ll_look_for_news` write it. It refines the open interval of the slot, as
 * long as the slot's `since_ns` is still the same: the kernel does not tell the slot of a wakeup.
 */
struct ll_record {
	__u64 since_ns;		/* The slot's, when this was written. */
	__u64 began_ns;		/* When the wait really began; differs for one older than the probes. */
	__u64 queued_ns;	/* Queued for a CPU since; 0: it is not. */
	__u64 queued_before_ns;	/* Queued in this interval on CPUs that it has left since. */
	__u64 queued_self_ns;	/* Of the time since `queued_ns`: its own pool ran. */
	__u64 queued_neighbour_ns;	/* Of the same: somebody else ran. */
	__u64 queued_throttled_ns;	/* Of the same: a quota held it back. */
	__u64 frozen_ns;	/* Of the wait in progress: a freezer held the thread in it. */
	__u64 started_ns;	/* Of the slot, if it has one: see ll_slot. */
	__u64 process_started_ns;	/* start_boottime of its process's first thread; 0 in news. */
	__u32 slot;		/* 0: it has none, it could not be had. */
	__u32 tid;
	__u32 tgid;
	__u8 state;		/* enum ll_thread_state. */
	__u8 reason;		/* enum ll_wait_reason; only for LL_STATE_BLOCKED. */
	__u8 kernel;		/* 1: a thread of the kernel itself. */
	__u8 left_out;		/* 1: the open interval counts as nothing, see LL_FEATURE_UNREGISTERED. */
	struct ll_peer peer;	/* Of the wait in progress. */
	__u32 ledger;		/* The array that the slot is in; 0: the host's. */
	__u32 pool;		/* Its number in the kernel: see LL_HISTOGRAM_GATES. */
	char name[LL_NAME_SIZE];	/* Digits in it may be out of date. */
	__u64 polled;		/* Of a poll or an accept: where the file lies, of several the first; or 0. */
};

/* Hash `ll_registered`, by tgid: threads of that process begin in this array. */
struct ll_registration {
	__u64 started_ns;	/* start_boottime of its first thread: tgids come back. */
	__u32 ledger;
	__u32 reserved;		/* 0. */
};

/* Array `ll_news`: what a run of `ll_look_for_news` told; it returns how many. */
#define LL_NEWS_MAX 512
#define LL_NEWS_SLOTS 2048	/* That one run looks at: 0.2 ms. */
#define LL_BIRTH_NS 1000000000	/* Threads are news up to the first walk that begins at this age of theirs. */

#define LL_LEDGERS 2048		/* Arrays that can be had at once, the host's included. */

/* What a walk of `ll_move_threads` does with each thread of the process. */
enum ll_move_pass {
	LL_PASS_MARK,		/* It is to go to the array `move_to`. */
	LL_PASS_MOVE,		/* Takes it there, unless its next switch was faster. */
	LL_PASS_COUNT,		/* Nothing. */
};

/* And what it writes of each. */
struct ll_moved {
	__u32 tid;
	__u32 ledger;		/* Where it is. */
	__u32 marked;		/* 1: it is to go elsewhere and has not. */
};

/* One thread as the iterator `ll_look_at` writes it, where there is no probe at the switch. */
struct ll_look {
	__u64 at_ns;		/* CLOCK_MONOTONIC, when this was written. */
	__u64 started_ns;
	__u64 on_cpu_ns;	/* As old as a tick while it runs. */
	__u64 run_delay_ns;	/* Of waits for a CPU that ended. */
	__u64 runs;
	__u64 switches_voluntary;
	__u64 switches_involuntary;
	__u64 wait_addr;	/* As in ll_slot. */
	__u32 tid;
	__u32 tgid;
	__u32 tid_inner;
	__u8 state;		/* enum ll_thread_state. */
	__u8 reason;		/* enum ll_wait_reason; only for LL_STATE_BLOCKED. */
	__u8 kernel;		/* 1: a thread of the kernel itself. */
	__u8 restarted;		/* 1: it waits in the call before, taken up again; `reason` is not known. */
	char name[LL_NAME_SIZE];
	struct ll_peer peer;	/* Of the wait in progress. */
	__u64 image;		/* Grows with each program that it executes. */
	__u64 polled;		/* As in ll_record. */
};

/* Hash `ll_exits`: the threads that are gone, by process and reduced name. tgid 0: the table was full. */
struct ll_exit_key {
	__u32 tgid;
	char name[LL_NAME_SIZE];	/* Runs of digits replaced by '*'. */
};

struct ll_exit {
	__u64 threads;
	struct ll_totals totals;
};

/*
 * Hashes of waits that ended, by what they were for. A thread looks up where its wait belongs once it
 * has waited LL_DETAIL_QUANTUM_NS in all, and books the sum there: an entry costs some 200 ns, so that
 * detail is 0.02 % of the time waited, and many short waits count like one long one.
 */
struct ll_peer_key {		/* `ll_peers`: network waits. */
	struct ll_peer peer;
	__u32 tgid;
	__u32 pool;
};

struct ll_futex_key {		/* `ll_futexes`: waits for a lock, a condition or either. */
	__u64 addr;
	__u32 tgid;
	__u32 pool;
};

struct ll_neighbour_key {	/* `ll_neighbours`: waits for a CPU while another pool ran. */
	__u32 tgid;
	__u32 pool;
	__u32 neighbour_tgid;	/* Who ran; 0: who is not known, or more than remembered. */
	__u32 reserved;		/* 0. */
};

/*
 * Who holds a lock, as its word says: a tid of the pid namespace in which the thread that waits lives. Of a
 * lock that processes share, it may be another process's.
 */
#define LL_OWNER_TID 0x3fffffff
#define LL_OWNER_SHARED 0x80000000

struct ll_wait_sum {
	__u64 wait_ns;
	__u64 waits;
	char name[LL_NAME_SIZE];	/* Reduced name of the pool's first thread that was seen. */
	__u32 owner;		/* Of a futex: who held it when a thread looked last; 0: not known. */
	__u32 reserved;		/* 0. */
};

/* One wait in progress for a lock whose holder is known, as the iterator `ll_look_for_holders` writes it. */
struct ll_lock_holder {
	__u64 addr;		/* The futex; 0: a lock of the kernel's own. */
	__u32 tid;		/* Who waits, in the initial pid namespace. */
	__u32 owner;		/* As in ll_wait_sum; of a lock of the kernel's own, in the initial one. */
};

#define LL_DETAIL_QUANTUM_NS 1000000

/* Of neighbours: a busy host has as many pairs of pools and processes as there are of both. */
#define LL_NEIGHBOUR_QUANTUM_NS 4000000

/* What the switch program does beyond counting by reason; `features` says which. */
enum ll_feature {
	LL_FEATURE_SPLIT = 1,		/* Run-queue time by who ran. Without: unattributed. */
	LL_FEATURE_HISTOGRAMS = 2,
	LL_FEATURE_PEERS = 4,		/* Peers, futexes, neighbours. */
	LL_FEATURE_UNREGISTERED = 8,	/* Threads that nobody registered. Without: not counted. */
	LL_FEATURE_ALL = 15,
};

/* Which pool has which histogram, by the low bits of the pool's number. Those that share them do too. */
#define LL_HISTOGRAM_GATES 1024		/* A power of two. */

struct ll_histogram_gate {
	__u32 pool;
	__u32 histogram;
};

/* Hash `ll_idle`: a wait on this futex is LL_WAIT_IDLE. */
struct ll_idle_key {
	__u64 addr;
	__u32 tgid;
	__u32 reserved;		/* 0. */
};

/* What was not seen, each with a name that ends up in a metric. Per CPU; they only grow. */
#define LL_LOSSES(X) \
	X(THREAD_STORAGE, "thread_storage")	/* No memory for a thread. */ \
	X(SLOTS_FULL, "slots_full")		/* No slot for a thread. */ \
	X(SWITCH, "switch")			/* A switch of a thread without a slot. */ \
	X(RESYNC, "resync")			/* A switch was missed; its time was put right later. */ \
	X(CLOCK, "clock")			/* The clock ran backwards from one CPU to another. */ \
	X(PAUSED, "paused")			/* An interval of a thread that was left out for a while. */ \
	X(PEERS_FULL, "peers_full")		/* A wait whose peer found no room. */ \
	X(FUTEXES_FULL, "futexes_full")		/* Waits whose futex found no room up to the thread's end. */ \
	X(NEIGHBOURS_FULL, "neighbours_full")	/* The same of neighbours. */ \
	X(EXITS_FULL, "exits_full")		/* An exit counted under no name. */ \
	X(SLOT_LEAK, "slot_leak")		/* A slot that could not be given back. */ \
	X(LEDGER_FULL, "ledger_full")		/* No slot in its process's ledger for a thread. */ \
	X(LOCK_WORDS, "lock_words")	/* A lock's word that could not be read. */ \
	X(UNKNOWN_CALL, "unknown_call")		/* A wait that was classified as "other". */

enum ll_loss {
#define LL_LOSS_ENUMERATOR(name, text) LL_LOSS_##name,
	LL_LOSSES(LL_LOSS_ENUMERATOR)
#undef LL_LOSS_ENUMERATOR
	LL_LOSS_COUNT,
};

/* Each run times itself that often: two clock reads are as long as the run itself. */
#define LL_TIMED_EVERY 1024	/* A power of two. */

/* Per-CPU array `ll_counts`, key 0. */
struct ll_counts {
	__u64 runs;		/* Of the switch program. */
	__u64 timed_ns;		/* What each LL_TIMED_EVERYth of them took, together. */
	__u64 lost[LL_LOSS_COUNT];
};

LL_ABI_ASSERT(sizeof(struct ll_peer) == 24);
LL_ABI_ASSERT(sizeof(struct ll_record) == 152);
LL_ABI_OFFSET(struct ll_record, slot, 80);
LL_ABI_OFFSET(struct ll_record, peer, 96);
LL_ABI_OFFSET(struct ll_record, ledger, 120);
LL_ABI_OFFSET(struct ll_record, name, 128);
LL_ABI_OFFSET(struct ll_record, polled, 144);
LL_ABI_ASSERT(sizeof(struct ll_registration) == 16);
LL_ABI_ASSERT(sizeof(struct ll_moved) == 12);
LL_ABI_ASSERT(sizeof(struct ll_look) == 136);
LL_ABI_ASSERT(sizeof(struct ll_exit_key) == 20);
LL_ABI_ASSERT(sizeof(struct ll_exit) == 216);
LL_ABI_ASSERT(sizeof(struct ll_peer_key) == 32);
LL_ABI_ASSERT(sizeof(struct ll_futex_key) == 16);
LL_ABI_ASSERT(sizeof(struct ll_neighbour_key) == 16);
LL_ABI_ASSERT(sizeof(struct ll_wait_sum) == 40);
LL_ABI_ASSERT(sizeof(struct ll_lock_holder) == 16);
LL_ABI_ASSERT(sizeof(struct ll_histogram_gate) == 8);
LL_ABI_ASSERT(sizeof(struct ll_idle_key) == 16);
LL_ABI_ASSERT(sizeof(struct ll_counts) == 8 * (2 + LL_LOSS_COUNT));

#endif /* LOADLINE_ABI_HOST_H */
