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
 * A hold is dated as early as it can have been, so that no later wait is charged with it: from when a switch
 * saw it begin, else from the last switch that saw the queue not held. The rest of the time is attributed to
 * no quota. If no switch saw the hold begin, and the thread that comes is alone in its queue, the hold counts
 * from when that thread was queued.
 *
 * Cost: with the second way, a thread whose queue was never held costs two loads and a branch at either end
 * of a switch, and a store where it leaves. With any, a test of the state that it was in where it comes; and
 * where it leaves runnable, loads of its priority and of whether it is held.
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

struct cfs_rq___running {		/* Up to 6.14. */
	unsigned int nr_running;
} __attribute__((preserve_access_index));

struct cfs_rq___queued {		/* Since 6.15. */
	unsigned int nr_queued;
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
	__u64 older_ns;		/* At most so long in all, more than is remembered. */
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

static __always_inline bool ll_was_ever_held(struct task_struct *task)
{
	struct ll_held_clock clock = ll_held_clock(task);

	return clock.held_ns | clock.since_ns;
}

/* The only thread of its queue, as far as the kernel's count says that. */
static __always_inline bool ll_is_alone(struct task_struct *task)
{
	struct cfs_rq___running *running = (void *)task->se.cfs_rq;
	struct cfs_rq___queued *queued = (void *)task->se.cfs_rq;

	if (bpf_core_field_exists(queued->nr_queued))
		return LL_READ(queued, nr_queued) == 1;
	return bpf_core_field_exists(running->nr_running) && LL_READ(running, nr_running) == 1;
}

/*
 * Time that a queue was held for since a thread of it was seen last, as early as that can have been.
 * `began_ns`: since when the thread waits that began it, if it was not seen to begin; 0: not known.
 */
static __always_inline struct ll_held_span ll_held_unseen(const struct ll_held_queue *entry,
							  __u64 more_ns, __u64 began_ns,
							  __u64 now_ns)
{
	struct ll_held_span span = { .held_ns = more_ns };

	if (entry->since_ns)
		began_ns = entry->since_ns;
	else if (began_ns < entry->seen_ns)
		began_ns = entry->seen_ns;
	span.ended_ns = began_ns + more_ns < now_ns ? began_ns + more_ns : now_ns;
	return span;
}

/* A thread of the queue comes or leaves: what happened since that was seen last is remembered. */
__weak __noinline int ll_note_held(struct ll_cpu *cpu, __u64 queue, const struct ll_held_clock *clock,
				   __u64 began_ns, __u64 now_ns)
{
	struct ll_held_queue *entry;
	__u64 more_ns;

	if (!cpu || !clock)
		return 0;
	entry = ll_held_entry(cpu, queue);
	more_ns = clock->held_ns - entry->held_ns;
	if (entry->queue != queue || (__s64)more_ns < 0) {	/* Another one, be it at the same address. */
		entry->queue = queue;
		entry->spans = 0;
	} else if (more_ns) {
		entry->span[entry->spans++ & (LL_HELD_SPANS - 1)] =
			ll_held_unseen(entry, more_ns, began_ns, now_ns);
	}
	entry->held_ns = clock->held_ns;
	entry->since_ns = clock->since_ns;
	entry->seen_ns = now_ns;
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
	if (i < LL_HELD_SPANS || ask->older_ns <= sum_ns || oldest_ns <= ask->from_ns)
		return sum_ns;
	older_ns = ask->older_ns - sum_ns;	/* There were more than are remembered. */
	return sum_ns + (older_ns < oldest_ns - ask->from_ns ? older_ns : oldest_ns - ask->from_ns);
}

static __always_inline void ll_remember_held(struct task_struct *prev, struct ll_thread *thread,
					     __u64 now_ns)
{
	struct ll_held_clock clock = ll_held_clock(prev);

	thread->throttled_in = (__u64)prev->se.cfs_rq;
	thread->throttle_clock_ns = ll_held_at(&clock, now_ns);
}

/* Not inline: what it keeps in memory costs threads without a quota nothing. */
static __noinline void ll_note_left(struct task_struct *prev, struct ll_thread *thread,
				   struct ll_cpu *cpu, __u64 now_ns)
{
	struct ll_held_clock clock = ll_held_clock(prev);

	thread->throttled_in = ll_queue_of(prev, cpu);
	thread->throttle_clock_ns = ll_held_at(&clock, now_ns);
	ll_note_held(cpu, thread->throttled_in, &clock, 0, now_ns);
}

/* A thread leaves its CPU, for whatever reason. */
static __always_inline void ll_held_leave(struct task_struct *prev, struct ll_thread *thread,
					  struct ll_cpu *cpu, __u64 now_ns)
{
	if (!ll_queues_are_held())
		return;
	if (__builtin_expect(!ll_was_ever_held(prev), 1) || ll_prio(prev) < LL_MAX_RT_PRIO)
		thread->throttled_in = 0;
	else
		ll_note_left(prev, thread, cpu, now_ns);
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

/* Of a thread whose queue has been held. Not inline, as above. */
static __noinline __u64 ll_held_of_wait(struct task_struct *next, const struct ll_thread *thread,
					struct ll_cpu *cpu, __u32 state, __u64 gap_ns)
{
	__u64 now_ns = ll_rq_clock(next), queued_ns = next->sched_info.last_queued;
	struct ll_held_ask ask = { .now_ns = now_ns, .from_ns = now_ns - gap_ns };
	bool moved = next->sched_info.run_delay != thread->run_delay_ns;
	struct ll_held_clock clock = ll_held_clock(next);

	ask.queue = ll_queue_of(next, cpu);
	if (ll_prio(next) >= LL_MAX_RT_PRIO)
		ll_note_held(cpu, ask.queue, &clock, ll_is_alone(next) ? queued_ns : 0, now_ns);
	if (state == LL_STATE_THROTTLED)
		return ll_held_throttled(next, thread, now_ns, gap_ns);
	if (ll_prio(next) < LL_MAX_RT_PRIO)
		return 0;
	if (thread->throttled_in == ask.queue)
		ask.older_ns = ll_held_at(&clock, now_ns) - thread->throttle_clock_ns;
	if (state == LL_STATE_RUNNABLE && !moved && ask.older_ns)
		return ask.older_ns;
	if (queued_ns > ask.from_ns)
		ask.from_ns = queued_ns;
	return ll_held_since(cpu, &ask);
}

/* Of a wait for a CPU that ends now, how long a quota held the thread back; the caller knows a limit. */
static __always_inline __u64 ll_held_back(struct task_struct *next, const struct ll_thread *thread,
					  struct ll_cpu *cpu, __u32 state, __u64 now_ns, __u64 gap_ns)
{
	if (ll_queues_are_held() && __builtin_expect(ll_was_ever_held(next), 0))
		return ll_held_of_wait(next, thread, cpu, state, gap_ns);
	if (state != LL_STATE_THROTTLED)
		return 0;
	return ll_queues_are_held() ? gap_ns : ll_held_throttled(next, thread, now_ns, gap_ns);
}

#endif /* LOADLINE_THROTTLE_BPF_H */
