/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who ran while a thread was queued: a short memory of each CPU's runs, and no wakeup hook. */
#ifndef LOADLINE_RUNQ_BPF_H
#define LOADLINE_RUNQ_BPF_H

#include "lib/maps.bpf.h"

/* A thread that was woken behind more runs than these keeps a rest that is not attributed. */
#define LL_RUNS_WALKED 16

struct ll_queued {
	__u64 self_ns;
	__u64 neighbour_ns;
};

static __always_inline struct ll_pool_run *ll_pool_run_of(struct ll_cpu *cpu, __u32 pool)
{
	return &cpu->pools[pool & (LL_POOL_RUNS - 1)];
}

/* To be set beside each other: neither is more than was waited, nor both together. */
static __always_inline void ll_limit_queued(struct ll_queued *queued, __u64 waited_ns)
{
	if (queued->self_ns > waited_ns)
		queued->self_ns = waited_ns;
	if (queued->neighbour_ns > waited_ns - queued->self_ns)
		queued->neighbour_ns = waited_ns - queued->self_ns;
}

/* All ones if `value` is not zero. */
static __always_inline __u64 ll_mask(__u64 value)
{
	return (__s64)(value | -value) >> 63;
}

/* Of the time before `*end_ns`, this run's share; the run before it ended where it began. */
static __always_inline void ll_take_run(const struct ll_run *run, __u32 pool, __u64 queued_ns,
					__u64 *end_ns, struct ll_queued *out)
{
	__s64 later_ns = run->since_ns - queued_ns;
	__u64 start_ns = queued_ns + (later_ns & ~(later_ns >> 63));
	__s64 ran_ns = *end_ns - start_ns;
	__u64 other = ll_mask(run->pool ^ pool), busy = ll_mask(run->tgid);

	barrier_var(start_ns);	/* Masks, not branches: the verifier would walk each way of all. */
	ran_ns &= ~(ran_ns >> 63);
	out->self_ns += ran_ns & ~other;
	out->neighbour_ns += ran_ns & other & busy;
	*end_ns = start_ns;
}

/*
 * Who has run since a moment that the short memory reaches: for threads that were woken. A function of
 * its own to the verifier too, which looks at the walk once and not for each way that leads to it.
 */
__weak __noinline int ll_walk_runs(const struct ll_cpu *cpu, __u32 pool, __u64 queued_ns,
				   __u64 now_ns, struct ll_queued *out)
{
	__u64 end_ns = now_ns;
	__u32 at;
	int i;

	if (!cpu || !out)
		return 0;
	at = cpu->head;
	for (i = 0; i < LL_RUNS_WALKED && end_ns > queued_ns; i++, at--)
		ll_take_run(&cpu->runs[at & (LL_RUNS - 1)], pool, queued_ns, &end_ns, out);
	return 0;
}

/* Who has run since the thread was preempted here: exact, however long ago that is. */
static __always_inline bool ll_since_left(struct ll_cpu *cpu, const struct ll_thread *thread,
					  struct ll_queued *out)
{
	const struct ll_left *left = &thread->left;
	const struct ll_pool_run *own = ll_pool_run_of(cpu, thread->pool);

	if (left->cpu != cpu->id || own->pool != thread->pool || own->owner != left->owner)
		return false;
	out->self_ns = own->ns - left->pool_ns;
	out->neighbour_ns = cpu->busy_ns - left->busy_ns - out->self_ns;
	return true;
}

/* Called when the thread leaves the CPU runnable, after its own run was counted. */
static __always_inline void ll_remember_left(struct ll_cpu *cpu, struct ll_thread *thread)
{
	const struct ll_pool_run *own = ll_pool_run_of(cpu, thread->pool);

	thread->left.cpu = own->pool == thread->pool ? cpu->id : 0;
	thread->left.owner = own->owner;
	thread->left.pool_ns = own->ns;
	thread->left.busy_ns = cpu->busy_ns;
}

/* A run that goes on is in no counter yet. */
static __always_inline void ll_add_open_run(const struct ll_cpu *cpu, __u32 pool, __u64 now_ns,
					    struct ll_queued *out)
{
	const struct ll_run *run = &cpu->runs[cpu->head & (LL_RUNS - 1)];

	if (!run->tgid || run->since_ns > now_ns)
		return;
	if (run->pool == pool)
		out->self_ns += now_ns - run->since_ns;
	else
		out->neighbour_ns += now_ns - run->since_ns;
}

/*
 * Who has run since `queued_ns`. `moved`: the thread has been in other queues before. `open`: this is
 * no switch, so that the CPU's last run still goes on.
 */
static __always_inline void ll_who_ran(struct ll_cpu *cpu, const struct ll_thread *thread,
				       bool moved, bool open, __u64 queued_ns, __u64 now_ns,
				       struct ll_queued *out)
{
	if (moved || !thread->left.cpu || !ll_since_left(cpu, thread, out))
		ll_walk_runs(cpu, thread->pool, queued_ns, now_ns, out);
	else if (open)
		ll_add_open_run(cpu, thread->pool, now_ns, out);
}

static __always_inline void ll_run_ends(struct ll_cpu *cpu, __u64 now_ns)
{
	const struct ll_run *run = &cpu->runs[cpu->head & (LL_RUNS - 1)];
	struct ll_pool_run *pool = ll_pool_run_of(cpu, run->pool);
	__u64 ran_ns = now_ns - run->since_ns;

	if (!run->tgid || now_ns < run->since_ns)
		return;
	if (pool->pool != run->pool) {
		pool->pool = run->pool;
		pool->owner++;
	}
	pool->ns += ran_ns;
	cpu->busy_ns += ran_ns;
}

static __always_inline void ll_run_begins(struct ll_cpu *cpu, __u32 tgid, __u32 pool, __u64 now_ns)
{
	struct ll_run *run = &cpu->runs[++cpu->head & (LL_RUNS - 1)];

	run->since_ns = now_ns;
	run->tgid = tgid;
	run->pool = pool;
}

#endif /* LOADLINE_RUNQ_BPF_H */
