/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who has which slot, and how a slot is written. */
#ifndef LOADLINE_SLOT_BPF_H
#define LOADLINE_SLOT_BPF_H

#include "lib/compat.bpf.h"

/* A reader that sees an odd or a changed `seq` copies again. One writer: plain stores do. */
static __always_inline void ll_write_begin(struct ll_slot *slot)
{
	*(volatile __u32 *)&slot->seq = slot->seq + 1;
	barrier();
}

static __always_inline void ll_write_end(struct ll_slot *slot)
{
	barrier();
	*(volatile __u32 *)&slot->seq = slot->seq + 1;
}

/* Slots come back before new ones are touched, so that memory follows the number of threads. */
static __always_inline __u32 ll_slot_take(void)
{
	__u32 index = 0;

	if (!bpf_map_pop_elem(&ll_slots_free, &index))
		return index;
	if (slots_given >= slots_max - 1)
		goto full;
	index = __sync_fetch_and_add(&slots_given, 1) + 1;
	if (index < slots_max)
		return index;
	__sync_fetch_and_add(&slots_given, -1);
full:
	ll_lost(LL_LOSS_SLOTS_FULL);
	return 0;
}

/* Nobody writes to it any more. */
static __always_inline void ll_slot_give_back(struct ll_slot *slot, __u32 index)
{
	ll_write_begin(slot);
	slot->generation++;
	slot->tid = 0;
	slot->state = LL_STATE_NONE;
	ll_write_end(slot);
	if (bpf_map_push_elem(&ll_slots_free, &index, 0))
		ll_lost(LL_LOSS_SLOT_LEAK);
}

static __always_inline __u32 ll_inner_tid(struct task_struct *task)
{
	struct pid *pid = task->thread_pid;
	__u32 level;

	if (!pid)	/* A zombie that was reaped. */
		return task->pid;
	level = BPF_CORE_READ(pid, level);
	return BPF_CORE_READ(pid, numbers[level & 31].nr);
}

static __always_inline void ll_slot_identify(struct ll_slot *slot, struct task_struct *task)
{
	slot->tid = task->pid;
	slot->tgid = task->tgid;
	slot->started_ns = task->start_boottime;
	slot->tid_inner = ll_inner_tid(task);
}

/* An empty slot of its own, for a thread that is in `state` from now on. */
static __always_inline __u32 ll_slot_open(struct task_struct *task, const char *name, __u32 state,
					  __u32 reason, __u64 now_ns)
{
	__u32 index = ll_slot_take();
	struct ll_slot *slot = ll_slot_at(index);

	if (!slot)
		return 0;
	ll_write_begin(slot);
	slot->generation++;
	ll_slot_identify(slot, task);
	slot->since_ns = now_ns;
	slot->wait_addr = 0;
	slot->call = LL_CALL_NONE;
	slot->state = state;
	slot->reason = reason;
	__builtin_memcpy(slot->name, name, LL_NAME_SIZE);
	__builtin_memset(&slot->totals, 0, sizeof(slot->totals));
	ll_write_end(slot);
	return index;
}

#endif /* LOADLINE_SLOT_BPF_H */
