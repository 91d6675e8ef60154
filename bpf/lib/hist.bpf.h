/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Each wait goes into the histogram of its pool and kind, on this CPU's own copy. */
#ifndef LOADLINE_HIST_BPF_H
#define LOADLINE_HIST_BPF_H

#include "lib/maps.bpf.h"

static __always_inline __u32 ll_histogram_of(__u32 pool)
{
	const struct ll_histogram_gate *gate = &histogram_gates[pool & (LL_HISTOGRAM_GATES - 1)];

	return gate->pool == pool ? gate->histogram : LL_HISTOGRAM_OTHERS;
}

static __always_inline void ll_histogram_add(const struct ll_cpu *cpu, __u32 histogram, __u32 kind,
					     __u64 wait_ns)
{
	__u32 index = ll_histogram_index(cpu->id - 1, histogram_pools, histogram, kind);
	struct ll_histogram *to = bpf_map_lookup_elem(&ll_histograms, &index);
	__u32 bucket = ll_histogram_bucket(wait_ns);

	if (!to || bucket >= LL_HISTOGRAM_BUCKETS)
		return;
	to->sum_ns += wait_ns;
	to->counts[bucket]++;
}

#endif /* LOADLINE_HIST_BPF_H */
