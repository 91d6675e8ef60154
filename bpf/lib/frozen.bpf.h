/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The freezer of version 1 of control groups leaves a thread in the wait that it is in: since 6.1 by giving
 * it another state, without a switch. Only who looks at it in between can know. So each reading adds up for
 * how long it has seen a thread frozen, from the first sight on, and the switch that ends the wait takes that
 * out of it: up to one reading too late.
 */
#ifndef LOADLINE_FROZEN_BPF_H
#define LOADLINE_FROZEN_BPF_H

#include "lib/slot.bpf.h"
#include "lib/reason.bpf.h"

#define LL_FROZEN_SHIFT 20	/* Times are kept in units of 1.05 ms, which wrap after 52 days. */

/* By a walk, of a thread that waits. Another one is wanted as long as it is frozen. */
static __always_inline bool ll_see_frozen(struct task_struct *task, struct ll_thread *thread,
					  const struct ll_slot *slot)
{
	__u32 now = (ll_now() >> LL_FROZEN_SHIFT) ?: 1;

	if (slot->reason == LL_WAIT_STOPPED)
		return false;
	if (!(ll_task_state(task) & LL_TASK_FROZEN)) {
		thread->frozen_at = 0;
		return false;
	}
	if (thread->frozen_at)
		thread->frozen += now - thread->frozen_at;
	thread->frozen_at = now;
	ll_want_walk();
	return true;
}

/* By the switch that ends the wait. Returns what is left of it. */
static __always_inline __u64 ll_take_frozen(struct ll_thread *thread, struct ll_slot *slot,
					    __u64 blocked_ns)
{
	__u64 frozen_ns = (__u64)thread->frozen << LL_FROZEN_SHIFT;

	if (frozen_ns > blocked_ns)
		frozen_ns = blocked_ns;
	slot->totals.blocked_ns[LL_WAIT_STOPPED] += frozen_ns;
	thread->frozen = thread->frozen_at = 0;
	return blocked_ns - frozen_ns;
}

#endif /* LOADLINE_FROZEN_BPF_H */
