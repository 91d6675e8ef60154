/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who ran while a thread was queued: a short memory of each CPU's runs, and no wakeup hook. */
#ifndef LOADLINE_RUNQ_BPF_H
#define LOADLINE_RUNQ_BPF_H

#include "lib/maps.bpf.h"

/* Longer waits keep a rest that is not attributed: 8 runs cover all but a crowded CPU's. */
#define LL_RUNS_WALKED 8

struct ll_queued {
	__u64 self_ns;
	__u64 neighbour_ns;
	__u64 unattributed_ns;
};

/*
 * Of `waited_ns` in all, the part since `queued_ns` was on this CPU, where the runs are known. The
 * rest, before a migration, is not attributed, nor is the time in which the CPU was idle.
 */
static __always_inline void ll_who_ran(const struct ll_cpu *cpu, __u32 pool, __u64 queued_ns,
				       __u64 now_ns, __u64 waited_ns, struct ll_queued *out)
{
	__u64 end_ns = now_ns, self_ns = 0, others_ns = 0;
	__u32 at = cpu->head;
	int i;

	for (i = 0; i < LL_RUNS_WALKED && end_ns > queued_ns; i++, at--) {
		const struct ll_run *run = &cpu->runs[at & (LL_RUNS - 1)];
		__u64 start_ns = run->since_ns > queued_ns ? run->since_ns : queued_ns;

		if (!run->since_ns || start_ns > end_ns)
			break;
		if (run->pool == pool)
			self_ns += end_ns - start_ns;
		else if (run->tgid)
			others_ns += end_ns - start_ns;
		end_ns = start_ns;
	}
	if (self_ns > waited_ns)
		self_ns = waited_ns;
	if (others_ns > waited_ns - self_ns)
		others_ns = waited_ns - self_ns;
	out->self_ns = self_ns;
	out->neighbour_ns = others_ns;
	out->unattributed_ns = waited_ns - self_ns - others_ns;
}

static __always_inline void ll_run_begins(struct ll_cpu *cpu, __u32 tgid, __u32 pool, __u64 now_ns)
{
	struct ll_run *run = &cpu->runs[++cpu->head & (LL_RUNS - 1)];

	run->since_ns = now_ns;
	run->tgid = tgid;
	run->pool = pool;
}

#endif /* LOADLINE_RUNQ_BPF_H */
