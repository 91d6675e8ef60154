/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of a wait for a CPU that goes on, how long a quota has held the thread back so far. For readings. */
#ifndef LOADLINE_HELD_NOW_BPF_H
#define LOADLINE_HELD_NOW_BPF_H

#include "lib/throttle.bpf.h"

/* `cpu`: where the thread is queued. Not inline, for the sake of its caller's stack. */
static __noinline __u64 ll_held_so_far(struct task_struct *task, struct ll_cpu *cpu,
					    __u64 queued_ns, __u64 now_ns)
{
	struct ll_held_ask ask = { .from_ns = queued_ns, .now_ns = now_ns };
	struct cfs_rq___throttle_clock *queue;
	__u64 sum_ns, since_ns, held_ns, more_ns;
	struct ll_held_queue *entry;
	struct ll_held_span span;

	if (!ll_queues_are_held() || (int)LL_PROBED(task, prio) < LL_MAX_RT_PRIO)
		return 0;
	queue = (void *)BPF_CORE_READ(task, se.cfs_rq);
	held_ns = LL_PROBED(queue, throttled_clock_self_time);
	since_ns = LL_PROBED(queue, throttled_clock_self);
	if (!(held_ns | since_ns))
		return 0;
	ask.queue = (__u64)queue;
	entry = ll_held_entry(cpu, ask.queue);
	sum_ns = ll_held_since(cpu, &ask);
	more_ns = held_ns - entry->held_ns;
	if (entry->queue == ask.queue && (__s64)more_ns > 0) {	/* Else a thread came just now. */
		span = ll_held_unseen(entry, more_ns, 0, now_ns);
		if (span.ended_ns > queued_ns)
			sum_ns += span.ended_ns - queued_ns < more_ns ? span.ended_ns - queued_ns : more_ns;
	}
	if (since_ns && since_ns < now_ns)
		sum_ns += now_ns - (since_ns > queued_ns ? since_ns : queued_ns);
	return sum_ns < now_ns - queued_ns ? sum_ns : now_ns - queued_ns;
}

#endif /* LOADLINE_HELD_NOW_BPF_H */
