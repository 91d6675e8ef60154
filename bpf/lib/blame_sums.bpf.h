/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent reads of who ended waits, and how it is added up. For one object. */
#ifndef LOADLINE_BLAME_SUMS_BPF_H
#define LOADLINE_BLAME_SUMS_BPF_H

#include "loadline_abi/blame.h"

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LL_BLAMES);
	__type(key, struct ll_blame_key);
	__type(value, struct ll_blame);
} ll_blames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LL_POOL_WAKES);
	__type(key, struct ll_pool_wakes_key);
	__type(value, __u64);
} ll_pool_wakes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ll_blame_counts);
} ll_blame_counts SEC(".maps");

static const struct ll_blame ll_no_blame;
static const __u64 ll_no_wakes;

static __always_inline struct ll_blame_counts *ll_blame_here(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&ll_blame_counts, &key);
}

static __always_inline void ll_blame_lose(enum ll_blame_loss what)
{
	struct ll_blame_counts *here = ll_blame_here();

	if (here)
		here->lost[what]++;
}

/* Functions of their own to the verifier. Up to 6.1 it wants keys of maps on the stack. */
__weak __noinline int ll_blame_book(const struct ll_blame_key *what, __u64 wait_ns, __u64 waits)
{
	struct ll_blame_key key;
	struct ll_blame *blame;

	if (!what)
		return 0;
	key = *what;
	blame = bpf_map_lookup_elem(&ll_blames, &key);
	if (!blame) {
		bpf_map_update_elem(&ll_blames, &key, &ll_no_blame, BPF_NOEXIST);
		blame = bpf_map_lookup_elem(&ll_blames, &key);
		if (!blame) {
			ll_blame_lose(LL_BLAME_LOSS_BLAMES_FULL);
			return 0;
		}
	}
	__sync_fetch_and_add(&blame->wait_ns, wait_ns);
	__sync_fetch_and_add(&blame->waits, waits);
	return 0;
}

__weak __noinline int ll_blame_count_wake(const struct ll_pool_wakes_key *pools)
{
	struct ll_pool_wakes_key key;
	__u64 *wakes;

	if (!pools)
		return 0;
	key = *pools;
	wakes = bpf_map_lookup_elem(&ll_pool_wakes, &key);
	if (!wakes) {
		bpf_map_update_elem(&ll_pool_wakes, &key, &ll_no_wakes, BPF_NOEXIST);
		wakes = bpf_map_lookup_elem(&ll_pool_wakes, &key);
		if (!wakes) {
			ll_blame_lose(LL_BLAME_LOSS_WAKES_FULL);
			return 0;
		}
	}
	__sync_fetch_and_add(wakes, 1);
	return 0;
}

#endif /* LOADLINE_BLAME_SUMS_BPF_H */
