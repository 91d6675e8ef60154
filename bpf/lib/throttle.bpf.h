/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whom a quota holds back, and for how long. Kernels show it in three ways, found by probing:
 *
 *   since 6.18    a thread is held on its way to user space: task->throttled;
 *   6.6 to 6.17   the group's queue of a CPU is held, with all threads in it, and the queue counts how
 *                 long: throttled_clock_self_time, and since when now: throttled_clock_self;
 *   before        the queue is held, and says no more than that: throttle_count.
 *
 * All three include the quotas of groups further up. In the second way a thread that is woken while its
 * queue is held is not seen to leave a CPU there, so each CPU remembers when each of its queues was held.
 *
 * Cost: a thread whose queue was never held costs two loads and a branch at either end of a switch with
 * the second way, and nothing with the others.
 */
#ifndef LOADLINE_THROTTLE_BPF_H
#define LOADLINE_THROTTLE_BPF_H

#include "lib/compat.bpf.h"

#define LL_MAX_RT_PRIO 100	/* Priorities below are real-time, negative ones SCHED_DEADLINE. */

struct task_struct___throttled {	/* Since 6.18. */
	bool throttled;
} __attribute__((preserve_access_index));

struct cfs_rq___bandwidth {		/* With CFS_BANDWIDTH. */
	int throttle_count;
} __attribute__((preserve_access_index));

struct cfs_rq___throttle_clock {	/* With CFS_BANDWIDTH, since 6.6. */
	__u64 throttled_clock_self;
	__u64 throttled_clock_self_time;
} __attribute__((preserve_access_index));

/* What the kernel says of one queue: both 0 as long as it was never held. */
struct ll_held_clock {
	__u64 held_ns;		/* For so long, without the time since: */
	__u64 since_ns;		/* It is held now, since then; 0: it is not. */
};

/* A question about the queue of this CPU. */
struct ll_held_ask {
	__u64 queue;
	__u64 from_ns;
	__u64 now_ns;
	__u64 older_ns;		/* At most so long before what is remembered. */
};

static __noinline int ll_prio_of_any_width(struct task_struct *task)
{
	return LL_READ(task, prio);
}

static __always_inline int ll_prio(struct task_struct *task)
{
	return LL_KEEPS_WIDTH(task, prio) ? task->prio : ll_prio_of_any_width(task);
}

static __always_inline bool ll_has_held_clock(void)
{
	struct cfs_rq___throttle_clock *queue = NULL;

	return bpf_core_field_exists(queue->throttled_clock_self_time);
}

/* Queues are held, and say how long. Else threads are, or nothing is known of those that are woken. */
static __always_inline bool ll_queues_are_held(void)
{
	struct task_struct___throttled *task = NULL;

	return ll_has_held_clock() && !bpf_core_field_exists(task->throttled);
}

static __always_inline struct ll_held_clock ll_held_clock(struct task_struct *task)
{
	struct cfs_rq___throttle_clock *queue = (void *)task->se.cfs_rq;
	struct ll_held_clock clock = {};

	if (ll_has_held_clock()) {
		clock.held_ns = queue->throttled_clock_self_time;
		clock.since_ns = queue->throttled_clock_self;
	}
	return clock;
}

static __always_inline __u64 ll_held_at(const struct ll_held_clock *clock, __u64 now_ns)
{
	bool open = clock->since_ns && clock->since_ns < now_ns;

	return clock->held_ns + (open ? now_ns - clock->since_ns : 0);
}

/* Through memory: to the verifier it is a number from there on, and no pointer that is kept to itself. */
static __always_inline __u64 ll_queue_of(struct task_struct *task, struct ll_cpu *cpu)
{
	*(volatile __u64 *)&cpu->queue = (__u64)task->se.cfs_rq;
	return *(volatile __u64 *)&cpu->queue;
}

static __always_inline struct ll_held_queue *ll_held_entry(struct ll_cpu *cpu, __u64 queue)
{
	return &cpu->held[(queue >> 8 ^ queue >> 12) & (LL_HELD_QUEUES - 1)];
}

/* A thread of the queue comes or leaves: what happened since that was seen last is remembered. */
__weak __noinline int ll_note_held(struct ll_cpu *cpu, __u64 queue, __u64 held_ns, __u64 since_ns,
				   __u64 now_ns)
{
	struct ll_held_queue *entry;
	struct ll_held_span *span;
	__u64 more_ns, ended_ns = now_ns;

	if (!cpu)
		return 0;
	entry = ll_held_entry(cpu, queue);
	more_ns = held_ns - entry->held_ns;
	if (entry->queue != queue) {
		entry->queue = queue;
		entry->spans = 0;
	} else if (more_ns) {
		/* If it was not seen to begin, it ended just before: threads came as soon as they could. */
		if (entry->since_ns && entry->since_ns + more_ns < now_ns)
			ended_ns = entry->since_ns + more_ns;
		span = &entry->span[entry->spans++ & (LL_HELD_SPANS - 1)];
		span->ended_ns = ended_ns;
		span->held_ns = more_ns;
	}
	entry->held_ns = held_ns;
	entry->since_ns = since_ns;
	return 0;
}

/* For how long the queue was held since a moment, going by what this CPU remembers. */
__weak __noinline __u64 ll_held_since(struct ll_cpu *cpu, const struct ll_held_ask *ask)
{
	__u64 sum_ns = 0, oldest_ns, older_ns;
	struct ll_held_queue *entry;
	int i;

	if (!cpu || !ask)
		return 0;
	entry = ll_held_entry(cpu, ask->queue);
	if (entry->queue != ask->queue)
		return 0;
	oldest_ns = ask->now_ns;
	for (i = 0; i < LL_HELD_SPANS && i < entry->spans; i++) {
		__u64 at = entry->spans - 1 - i;
		const struct ll_held_span *span = &entry->span[at & (LL_HELD_SPANS - 1)];

		if (span->ended_ns <= ask->from_ns)
			return sum_ns;
		if (span->ended_ns - span->held_ns <= ask->from_ns)
			return sum_ns + span->ended_ns - ask->from_ns;
		sum_ns += span->held_ns;
		oldest_ns = span->ended_ns - span->held_ns;
	}
	if (ask->older_ns <= sum_ns || oldest_ns <= ask->from_ns)
		return sum_ns;
	older_ns = ask->older_ns - sum_ns;
	return sum_ns + (older_ns < oldest_ns - ask->from_ns ? older_ns : oldest_ns - ask->from_ns);
}

static __always_inline void ll_remember_held(struct task_struct *prev, struct ll_thread *thread,
					     __u64 now_ns)
{
	struct ll_held_clock clock = ll_held_clock(prev);

	thread->throttled_in = (__u64)prev->se.cfs_rq;
	thread->throttle_clock_ns = ll_held_at(&clock, now_ns);
}

/* A thread leaves its CPU, for whatever reason. */
static __always_inline void ll_held_leave(struct task_struct *prev, struct ll_thread *thread,
					  struct ll_cpu *cpu, __u64 now_ns)
{
	struct ll_held_clock clock;

	if (!ll_queues_are_held())
		return;
	clock = ll_held_clock(prev);
	if (__builtin_expect(!(clock.held_ns | clock.since_ns), 1) || ll_prio(prev) < LL_MAX_RT_PRIO)
		return;
	thread->throttled_in = ll_queue_of(prev, cpu);
	thread->throttle_clock_ns = ll_held_at(&clock, now_ns);
	ll_note_held(cpu, thread->throttled_in, clock.held_ns, clock.since_ns, now_ns);
}

/* SCHED_DEADLINE: its own runtime is used up. One that yields has given up the rest itself. */
static __always_inline bool ll_is_out_of_runtime(struct task_struct *task)
{
	struct sched_dl_entity *dl = &task->dl;

	return LL_READ(dl, dl_throttled) && !LL_READ(dl, dl_yielded);
}

/* Whether a thread that leaves the CPU runnable does so because its quota is used up. */
static __always_inline bool ll_is_throttled(struct task_struct *prev, struct ll_thread *thread,
					    __u64 now_ns)
{
	struct task_struct___throttled *task = (void *)prev;
	struct cfs_rq___bandwidth *queue = (void *)prev->se.cfs_rq;
	int prio = ll_prio(prev);

	if (__builtin_expect(prio < LL_MAX_RT_PRIO, 0)) {	/* Quotas of groups are not for these. */
		thread->throttled_in = 0;
		return prio < 0 && ll_is_out_of_runtime(prev);
	}
	if (bpf_core_field_exists(task->throttled)) {
		if (!task->throttled)
			return false;
		ll_remember_held(prev, thread, now_ns);
		return true;
	}
	return bpf_core_field_exists(queue->throttle_count) && (int)LL_READ(queue, throttle_count) > 0;
}

/* A thread that left its CPU while it was throttled. */
static __always_inline __u64 ll_held_throttled(struct task_struct *task, const struct ll_thread *thread,
					       __u64 now_ns, __u64 gap_ns)
{
	struct ll_held_clock clock = ll_held_clock(task);

	if (!ll_has_held_clock() || thread->throttled_in != (__u64)task->se.cfs_rq)
		return gap_ns;
	return ll_held_at(&clock, now_ns) - thread->throttle_clock_ns;
}

/* Of a wait for a CPU that ends now, how long a quota held the thread back; the caller knows a limit. */
static __always_inline __u64 ll_held_back(struct task_struct *next, const struct ll_thread *thread,
					  struct ll_cpu *cpu, __u32 state, __u64 now_ns, __u64 gap_ns)
{
	struct ll_held_ask ask = { .now_ns = now_ns, .from_ns = now_ns - gap_ns };
	bool moved = next->sched_info.run_delay != thread->run_delay_ns;
	struct ll_held_clock clock;
	__u64 queued_ns;

	if (ll_queues_are_held()) {
		clock = ll_held_clock(next);
		if (__builtin_expect(!(clock.held_ns | clock.since_ns), 1))
			return state == LL_STATE_THROTTLED ? gap_ns : 0;
		ask.queue = ll_queue_of(next, cpu);
		if (ll_prio(next) >= LL_MAX_RT_PRIO)
			ll_note_held(cpu, ask.queue, clock.held_ns, clock.since_ns, now_ns);
	}
	if (state == LL_STATE_THROTTLED)
		return ll_held_throttled(next, thread, now_ns, gap_ns);
	if (!ll_queues_are_held() || ll_prio(next) < LL_MAX_RT_PRIO)
		return 0;
	if (thread->throttled_in == ask.queue)
		ask.older_ns = ll_held_at(&clock, now_ns) - thread->throttle_clock_ns;
	if (state == LL_STATE_RUNNABLE && !moved && ask.older_ns)
		return ask.older_ns;
	queued_ns = next->sched_info.last_queued;
	if (queued_ns > ask.from_ns)
		ask.from_ns = queued_ns;
	return ll_held_since(cpu, &ask);
}

#endif /* LOADLINE_THROTTLE_BPF_H */
