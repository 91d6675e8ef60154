/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a slot is given out, written and given back. */
#ifndef LOADLINE_SLOT_BPF_H
#define LOADLINE_SLOT_BPF_H

#include "lib/compat.bpf.h"
#include "lib/place.bpf.h"

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

/*
 * Whether the interval that began then counts as nothing: for a part of it, its thread was not counted.
 * One that is registered now may not have been when the interval began.
 */
static __always_inline bool ll_is_void(const struct ll_thread *thread, __u64 since_ns, __u32 wanted)
{
	return since_ns == thread->void_since_ns ||
	       ((!(wanted & LL_FEATURE_UNREGISTERED) || since_ns < resumed_ns) &&
		!ll_is_registered(thread));
}

static __always_inline bool ll_change_place(struct ll_thread *thread, __u64 from, __u64 to)
{
	return __sync_val_compare_and_swap(&thread->place, from, to) == from;
}

/* It leaves its slot at its next switch, or at the agent's next walk. */
static __always_inline void ll_move_mark(struct ll_thread *thread, __u32 ledger)
{
	__u64 place;

	*(volatile __u32 *)&thread->ledger_next = ledger;
	place = ll_place_of(thread) & (LL_MOVE_MARKED - 1);
	if (place)	/* Who has claimed it already will see what is next. */
		ll_change_place(thread, place, place | LL_MOVE_MARKED);
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

/* More in a row that are taken: the array is all but full, and about to be replaced. */
#define LL_TAKE_TRIES 64

/* A slot of the array that has no owner, 0 for none. From its `tid` on it is ours. */
__weak __noinline __u32 ll_ledger_take(__u32 ledger, __u32 tid)
{
	struct ll_ledger_header *header = (void *)ll_ledger_slot_at(ledger, 0);
	__u32 slots, index;
	int i;

	if (!header)
		return 0;
	slots = header->slots;
	if (slots < 2 || __sync_fetch_and_add(&header->used, 1) >= slots - 1)
		goto full;
	for (i = 0; i < LL_TAKE_TRIES; i++) {
		struct ll_slot *slot;

		index = __sync_fetch_and_add(&header->cursor, 1) % (slots - 1) + 1;
		slot = ll_ledger_slot_at(ledger, index);
		if (slot && !__sync_val_compare_and_swap(&slot->tid, 0, tid))
			return index;
	}
full:
	if (slots >= 2)
		__sync_fetch_and_add(&header->used, -1);
	__sync_fetch_and_add(&header->full, 1);
	ll_lost(LL_LOSS_LEDGER_FULL);
	return 0;
}

/* The thread can be looked at from now on, if its slot is in the host's array. Cold. */
static __noinline void ll_slot_own(__u64 place, struct task_struct *task,
				   const struct ll_thread *thread)
{
	struct ll_owner *owner;
	__u32 index = place;

	if (!index || ll_ledger_of(place))
		return;
	owner = bpf_map_lookup_elem(&ll_owners, &index);
	if (!owner)
		return;
	owner->thread = (__u64)thread;
	owner->task = (__u64)task;
}

static __always_inline void ll_slot_disown(__u32 index)
{
	struct ll_owner *owner = bpf_map_lookup_elem(&ll_owners, &index);

	if (owner)
		owner->task = owner->thread = 0;
}

/* Nobody writes to it any more. A slot of a ledger may have its next owner as soon as `tid` is 0. */
static __always_inline void ll_slot_give_back(struct ll_slot *slot, __u64 place)
{
	__u32 ledger = ll_ledger_of(place), index = place;
	struct ll_ledger_header *header;

	ll_write_begin(slot);
	slot->tid_inner = 0;
	slot->state = LL_STATE_NONE;
	ll_write_end(slot);
	__sync_lock_test_and_set(&slot->tid, 0);
	if (!ledger) {
		ll_slot_disown(index);
		if (bpf_map_push_elem(&ll_slots_free, &index, 0))
			ll_lost(LL_LOSS_SLOT_LEAK);
		return;
	}
	header = (void *)ll_ledger_slot_at(ledger, 0);
	if (header)
		__sync_fetch_and_add(&header->used, -1);
}

static __always_inline void ll_slot_identify(struct ll_slot *slot, struct task_struct *task)
{
	slot->tid = ll_tid(task);
	slot->tgid = ll_tgid(task);
	slot->started_ns = task->start_boottime;
	slot->tid_inner = ll_inner_tid(task);
}

/* The array in which threads of this process begin. */
static __always_inline __u32 ll_ledger_of_process(struct task_struct *task)
{
	struct ll_registration *found;
	__u32 tgid = ll_tgid(task);

	if (ledgers_end <= 1)
		return 0;
	found = bpf_map_lookup_elem(&ll_registered, &tgid);
	return found && found->started_ns == task->group_leader->start_boottime ? found->ledger : 0;
}

/* Of an array, else of the host's. 0: there is none. */
static __always_inline __u64 ll_place_take(__u32 ledger, __u32 tid)
{
	__u32 index = ledger ? ll_ledger_take(ledger, tid) : 0;

	return index ? LL_PLACE(ledger, index) : ll_slot_take();
}

/* An empty slot of its own, for a thread that is in `state` from now on. Returns its place. */
static __always_inline __u64 ll_slot_open(struct task_struct *task, __u32 state, __u32 reason,
					  __u64 now_ns)
{
	__u64 place = ll_place_take(ll_ledger_of_process(task), ll_tid(task));
	struct ll_slot *slot = ll_slot_in(place);

	if (!slot)
		return 0;
	ll_write_begin(slot);
	ll_slot_identify(slot, task);
	slot->since_ns = now_ns;
	slot->wait_addr = 0;
	slot->loop_ran = 0;
	slot->state = state;
	slot->reason = reason;
	__builtin_memset(&slot->totals, 0, sizeof(slot->totals));
	ll_write_end(slot);
	return place;
}

#endif /* LOADLINE_SLOT_BPF_H */
