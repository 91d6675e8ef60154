/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of all programs. Weak: each object file defines the maps, the linker merges them. */
#ifndef LOADLINE_MAPS_BPF_H
#define LOADLINE_MAPS_BPF_H

#include "loadline_abi/histogram.h"
#include "loadline_abi/host.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/field.bpf.h"

/* The build may be given the types of a kernel that has none (before 5.11). */
#define LL_MAP_TYPE_TASK_STORAGE 29

#define LL_RUNS 32		/* A power of two. */
#define LL_POOL_RUNS 1024	/* A power of two; 16 KiB per CPU. Fewer collide on a busy host. */
#define LL_FDS_SEEN 4		/* A power of two. */
#define LL_HELD_QUEUES 16	/* A power of two. Groups with quotas whose numbers collide take turns. */
#define LL_HELD_SPANS 8		/* A power of two: 0.8 s with the default period. */

#define LL_THREAD_ASSIGNED 1	/* User space chose the pool: a new name does not. */
#define LL_THREAD_GONE 2	/* It was folded. What is left of it runs no more. */
#define LL_THREAD_JVM 4		/* Of a Java virtual machine: see runtime.bpf.h. */
#define LL_THREAD_ENDED 8	/* Its last switch found it being moved: who moves it folds it. */

/* What a CPU had run for when a thread left it runnable, as ll_cpu counts it. */
struct ll_left {
	__u64 busy_ns;
	__u64 pool_ns;		/* Of the thread's own pool. */
	__u32 cpu;		/* Its id; 0: it did not leave runnable. */
	__u32 owner;		/* Of the pool's entry. */
};

enum ll_detail { LL_DETAIL_PEER, LL_DETAIL_FUTEX, LL_DETAIL_NEIGHBOUR, LL_DETAILS };

/* Waits of a thread that are in no hash yet: see LL_DETAIL_QUANTUM_NS. */
struct ll_due {
	__u64 wait_ns;
	__u64 waits;
};

/* What only the kernel needs to know of a thread. */
struct ll_thread {
	__u64 run_delay_ns;	/* sched_info.run_delay when it left the CPU. */
	__u64 throttled_in;	/* A queue that quotas have held, in which it was when it left the CPU. */
	__u64 throttle_clock_ns;	/* For how long, by then. */
	__u64 place;		/* LL_PLACE() of its slot, and a move under way: see slot.bpf.h. */
	__u32 pool;
	__s32 fd;		/* That it waits on; -1: none. */
	__u32 flags;		/* LL_THREAD_*, changed by several CPUs: by atomic operations only. */
	__u32 set_at;		/* See waitset.bpf.h. */
	__u32 ledger_next;	/* Of a move: where to. */
	__u32 image;		/* task_struct.self_exec_id: grows with each exec. Read with the name. */
	char name[LL_NAME_SIZE];	/* Zero after its end. */
	__u64 passed_on_ns;	/* A walk found it under another tid: see identity.bpf.h. */
	__u64 polled_cpu_ns;	/* How long it had run when it polled last. */
	__u32 frozen;		/* Of the wait in progress, in units of 1.05 ms: see frozen.bpf.h. */
	__u32 frozen_at;	/* When a reading saw it frozen last; 0: the last one did not. */
	__u64 void_since_ns;	/* The interval that began then counts as nothing: see ll_is_void(). */
	struct ll_due due[LL_DETAILS];
	__u64 lock_addr;	/* The lock whose holder it has looked for; 0: it is to look at the next. */
	__u32 lock_owner;	/* Who that was; see LL_OWNER_TID. */
	__u32 reserved;
	__u32 fds_seen[LL_FDS_SEEN];	/* See descriptor.bpf.h. */
	struct ll_left left;
};

/* One run of some thread on this CPU. It ended when the next one began. */
struct ll_run {
	__u64 since_ns;
	__u32 tgid;		/* 0: the CPU was idle. */
	__u32 pool;
};

/* How long the threads of one pool have run on this CPU. Pools whose numbers collide take turns. */
struct ll_pool_run {
	__u64 ns;
	__u32 pool;
	__u32 owner;		/* Changes with the pool. */
};

/* A time in which a quota held a queue of the CPU. */
struct ll_held_span {
	__u64 ended_ns;
	__u64 held_ns;
};

struct ll_held_queue {
	__u64 queue;		/* Its address. */
	__u64 held_ns;		/* For how long in all, when a thread of it came or left last. */
	__u64 since_ns;		/* It was held at that time, since then; 0: it was not. */
	__u64 seen_ns;		/* When that was. */
	__u64 spans;		/* How many there were. */
	struct ll_held_span span[LL_HELD_SPANS];
};

struct ll_cpu {
	struct ll_counts counts;	/* First: user space reads no further. */
	__u32 head;			/* The run that is going on. */
	__u32 id;			/* From 1 on. */
	__u64 busy_ns;
	struct ll_run runs[LL_RUNS];
	struct ll_pool_run pools[LL_POOL_RUNS];
	__u64 queue;			/* See ll_queue_of(). */
	struct ll_held_queue held[LL_HELD_QUEUES];
};

struct {
	__uint(type, LL_MAP_TYPE_TASK_STORAGE);	/* Freed with the thread. */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ll_thread);
} ll_threads SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);		/* The loader says how many. */
	__type(key, __u32);
	__type(value, struct ll_slot);
} ll_slots SEC(".maps") __weak;

/* Whose slot of the host's array it is. Mere addresses: what they lead to may be gone when it is read. */
struct ll_owner {
	__u64 task;		/* 0: nobody's, or not yet. */
	__u64 thread;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);		/* As many as slots. */
	__type(key, __u32);
	__type(value, struct ll_owner);
} ll_owners SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LL_NEWS_MAX);
	__type(key, __u32);
	__type(value, struct ll_record);
} ll_news SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);	/* First out is the one longest unused. */
	__uint(max_entries, 2);
	__type(value, __u32);
} ll_slots_free SEC(".maps") __weak;

struct ll_ledger_slots {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);	/* Each of a size of its own. */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ll_slot);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, LL_LEDGERS);
	__type(key, __u32);
	__array(values, struct ll_ledger_slots);
} ll_ledgers SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LL_LEDGERS);
	__type(key, __u32);
	__type(value, struct ll_registration);
} ll_registered SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ll_cpu);
} ll_cpus SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct ll_exit_key);
	__type(value, struct ll_exit);
} ll_exits SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct ll_peer_key);
	__type(value, struct ll_wait_sum);
} ll_peers SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct ll_futex_key);
	__type(value, struct ll_wait_sum);
} ll_futexes SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct ll_neighbour_key);
	__type(value, struct ll_wait_sum);
} ll_neighbours SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LL_HISTOGRAM_KINDS);	/* The loader says how many. */
	__type(key, __u32);
	__type(value, struct ll_histogram);
} ll_histograms SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);	/* Only user space adds. */
	__uint(max_entries, 65536);
	__type(key, struct ll_idle_key);
	__type(value, __u8);
} ll_idle SEC(".maps") __weak;

#define LL_IDLE_GATES 4096	/* A power of two. */

/* Set by the loader before load; constants to the verifier. */
extern const volatile __u32 slots_max;
extern const volatile bool has_prev_state;
extern const volatile __u32 histogram_pools;

extern __u32 slots_given;
extern __u32 features;
extern __u64 resumed_ns;
extern struct ll_histogram_gate histogram_gates[LL_HISTOGRAM_GATES];
extern __u32 agent_tgid;
extern __u32 tid_to_assign;
extern __u64 walk_began_ns;	/* The last walk of ll_snapshot, as start_boottime counts. */
extern __u64 events_since_ns;	/* Threads that started since are told of, by the same clock; 0: none yet. */
extern __u64 news_begin_ns;	/* Threads that started since are news: see news.bpf.c. */
extern __u64 news_waits_ns;	/* So are waits that began since. */
extern __u32 news_at;		/* The slot to be looked at next. */
extern __u32 events_left_out;	/* Not 0: of late the kernel has left out some. Looks compare then. */
extern __u32 walks_wanted;	/* Grows when only a walk over all tasks tells what has changed. */
extern __u32 threads_going;	/* Grows with each that begins to be folded. */
extern __u32 threads_gone;	/* Grows with each whose slot was given back after that. */
extern __u32 pool_to_assign;
extern __u32 ledgers_end;	/* Numbers of arrays are below it; 1 or less: no process is registered. */
extern __u32 move_pass;		/* enum ll_move_pass. */
extern __u32 move_to;
extern __u32 move_tgid;
extern __u8 detail_full[LL_DETAILS];	/* No room until the agent has read the hash. */
extern __u8 idle_gates[LL_IDLE_GATES];	/* Non-zero: some process of this tgid mod size has addresses. */

static __always_inline struct ll_cpu *ll_this_cpu(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&ll_cpus, &key);
}

static __always_inline void ll_lost(enum ll_loss what)
{
	struct ll_cpu *cpu = ll_this_cpu();

	if (cpu)
		cpu->counts.lost[what]++;
}

static __always_inline void ll_want_walk(void)
{
	__sync_fetch_and_add(&walks_wanted, 1);
}

static __always_inline struct ll_slot *ll_slot_at(__u32 index)
{
	return index ? bpf_map_lookup_elem(&ll_slots, &index) : NULL;
}

static __always_inline struct ll_ledger_header *ll_header(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&ll_slots, &index);
}

#endif /* LOADLINE_MAPS_BPF_H */
