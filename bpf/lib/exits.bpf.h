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
static __noinline void ll_fold(struct ll_slot *slot)
{
	struct ll_exit_key key = { .tgid = slot->tgid };
	const __u64 *from = (const __u64 *)&slot->totals;
	struct ll_exit *exit;
	__u64 *to;
	int i;

	ll_reduce_name(slot->name, key.name);
	exit = ll_exit_of(&key);
	if (!exit) {
		ll_lost(LL_LOSS_EXITS_FULL);
		__builtin_memset(&key, 0, sizeof(key));
		exit = bpf_map_lookup_elem(&ll_exits, &key);
		if (!exit)
			return;
	}
	to = (__u64 *)&exit->totals;
	for (i = 0; i < sizeof(exit->totals) / 8; i++)
		__sync_fetch_and_add(&to[i], from[i]);
	__sync_fetch_and_add(&exit->threads, 1);
}

/* Its last switch is over: counts into the totals first, so that a reader finds it somewhere. */
static __noinline void ll_thread_is_gone(struct ll_thread *thread, struct ll_slot *slot)
{
	__u32 index = thread->slot;

	ll_fold(slot);
	thread->slot = 0;
	thread->flags |= LL_THREAD_GONE;
	ll_slot_give_back(slot, index);
}

#endif /* LOADLINE_EXITS_BPF_H */
