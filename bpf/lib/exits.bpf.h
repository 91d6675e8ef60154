/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A thread that is gone lives on in the totals of its process and name. */
#ifndef LOADLINE_EXITS_BPF_H
#define LOADLINE_EXITS_BPF_H

#include "lib/name.bpf.h"
#include "lib/slot.bpf.h"

static const struct ll_exit ll_no_exit;

static __always_inline struct ll_exit *ll_exit_of(struct ll_exit_key *key)
{
	struct ll_exit *exit = bpf_map_lookup_elem(&ll_exits, key);

	if (exit)
		return exit;
	bpf_map_update_elem(&ll_exits, key, &ll_no_exit, BPF_NOEXIST);
	return bpf_map_lookup_elem(&ll_exits, key);
}

/* The loader makes the entry without a name before anything exits, so that there always is one. */
__weak __noinline int ll_fold(const struct ll_thread *thread, const struct ll_slot *slot)
{
	struct ll_exit_key key = {};
	struct ll_exit *exit;
	const __u64 *from;
	__u64 *to;
	int i;

	if (!thread || !slot)
		return 0;
	key.tgid = slot->tgid;
	from = (const __u64 *)&slot->totals;
	ll_reduce_name(thread->name, key.name);
	exit = ll_exit_of(&key);
	if (!exit) {
		ll_lost(LL_LOSS_EXITS_FULL);
		__builtin_memset(&key, 0, sizeof(key));
		exit = bpf_map_lookup_elem(&ll_exits, &key);
		if (!exit)
			return 0;
	}
	to = (__u64 *)&exit->totals;
	for (i = 0; i < sizeof(exit->totals) / 8; i++)
		__sync_fetch_and_add(&to[i], from[i]);
	__sync_fetch_and_add(&exit->threads, 1);
	return 0;
}

/*
 * Whoever has claimed its place is the slot's only writer. A thread that ends while it is being moved may
 * be claimed from two sides; one of them succeeds. The loop allows for one mark in between. False: the place is
 * claimed already, or the thread has none.
 */
static __always_inline bool ll_claim(struct ll_thread *thread, __u64 *at)
{
	int i;

	for (i = 0; i < 3; i++) {
		__u64 place = ll_place_of(thread);

		*at = place & (LL_MOVE_MARKED - 1);
		if (!*at || place & LL_MOVE_CLAIMED)
			return false;
		if (ll_change_place(thread, place, *at | LL_MOVE_CLAIMED))
			return true;
	}
	return false;
}

/* What is still due then found no room. */
static __always_inline void ll_lose_due(const struct ll_thread *thread)
{
	if (thread->due[LL_DETAIL_FUTEX].wait_ns >= LL_DETAIL_QUANTUM_NS)
		ll_lost(LL_LOSS_FUTEXES_FULL);
	if (thread->due[LL_DETAIL_NEIGHBOUR].wait_ns >= LL_NEIGHBOUR_QUANTUM_NS)
		ll_lost(LL_LOSS_NEIGHBOURS_FULL);
}

/* Its last switch is over: counts into the totals first, so that a reader finds it somewhere. */
static __noinline __attribute__((unused)) void ll_thread_is_gone(struct ll_thread *thread,
								 struct ll_slot *slot)
{
	__u64 place;

	if (!ll_claim(thread, &place))
		return;
	__sync_fetch_and_add(&threads_going, 1);	/* Who sees the fold sees that there was one. */
	ll_fold(thread, slot);
	ll_lose_due(thread);
	__sync_fetch_and_or(&thread->flags, LL_THREAD_GONE);
	__sync_lock_test_and_set(&thread->place, 0);	/* After the flag: see give_slot(). */
	ll_slot_give_back(slot, place);
	__sync_fetch_and_add(&threads_gone, 1);
}

#endif /* LOADLINE_EXITS_BPF_H */
