/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a thread's slot is. */
#ifndef LOADLINE_PLACE_BPF_H
#define LOADLINE_PLACE_BPF_H

#include "lib/maps.bpf.h"

/*
 * ll_thread.place: the slot in bits 0 to 31, the array in 32 to 47, and a move in 48 to 63. Only who
 * has changed LL_MOVE_MARKED to LL_MOVE_CLAIMED moves the thread, and nobody writes its slot meanwhile.
 */
#define LL_PLACE(ledger, slot) ((__u64)(ledger) << 32 | (slot))
#define LL_MOVE_MARKED (1ULL << 48)	/* It is to go to ll_thread.ledger_next. */
#define LL_MOVE_CLAIMED (2ULL << 48)

static __always_inline __u64 ll_place_of(const struct ll_thread *thread)
{
	return *(const volatile __u64 *)&thread->place;
}

static __always_inline __u32 ll_ledger_of(__u64 place)
{
	return place >> 32 & 0xffff;
}

/* Of a process that asked to be counted, by a session or by a ledger. */
static __always_inline bool ll_is_registered(const struct ll_thread *thread)
{
	return thread->flags & LL_THREAD_ASSIGNED || ll_ledger_of(ll_place_of(thread));
}

/*
 * Not inline: the compiler would make one lookup of this one and the host's, with either map, and then
 * the kernel cannot turn the host's, which is the common one, into a few instructions: 10 ns per switch.
 */
static __noinline struct ll_slot *ll_ledger_slot_at(__u32 ledger, __u32 index)
{
	void *slots = bpf_map_lookup_elem(&ll_ledgers, &ledger);

	return slots ? bpf_map_lookup_elem(slots, &index) : NULL;
}

static __always_inline struct ll_slot *ll_slot_in(__u64 place)
{
	__u32 ledger = ll_ledger_of(place);

	return ledger ? ll_ledger_slot_at(ledger, place) : ll_slot_at(place);
}

#endif /* LOADLINE_PLACE_BPF_H */
