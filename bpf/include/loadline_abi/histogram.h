/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Histograms of waits, log-linear: eight buckets per power of two, so that the middle of a bucket is
 * at most 6.25 % from any value in it, from a microsecond to a minute.
 *
 *     bucket 0                             below 2^10 ns (1.024 us)
 *     bucket 1 + 8 * octave + part         (8 + part) * 2^(octave + 7) ns, and up to the next one
 *     bucket LL_HISTOGRAM_BUCKETS - 1      2^36 ns (68.7 s) and more
 *
 * The array `ll_histograms` holds them by CPU, pool and kind: see ll_histogram_index(). Each CPU adds
 * to its own, so plain adds do; the counts wrap, and readers subtract modulo 2^32.
 */
#ifndef LOADLINE_ABI_HISTOGRAM_H
#define LOADLINE_ABI_HISTOGRAM_H

#include "loadline_abi/wait_reason.h"

#define LL_HISTOGRAM_GROUPING 3		/* log2 of the buckets per power of two. */
#define LL_HISTOGRAM_FIRST_BIT 10	/* log2 of where bucket 1 begins, in ns. */
#define LL_HISTOGRAM_END_BIT 36		/* log2 of where the last bucket begins. */
#define LL_HISTOGRAM_BUCKETS \
	(2 + ((LL_HISTOGRAM_END_BIT - LL_HISTOGRAM_FIRST_BIT) << LL_HISTOGRAM_GROUPING))

/* The kinds of a pool: a wait reason, or the wait for a CPU. */
#define LL_HISTOGRAM_RUNQ LL_WAIT_REASON_COUNT
#define LL_HISTOGRAM_KINDS (LL_WAIT_REASON_COUNT + 1)

/* The number of a thread whose pool has none of its own: all of those together. */
#define LL_HISTOGRAM_OTHERS 0

struct ll_histogram {
	__u64 sum_ns;
	__u32 counts[LL_HISTOGRAM_BUCKETS];
};

/* Where the histogram of `kind` is in the array; `pools` is its number of pools, the others' included. */
static inline __attribute__((always_inline)) __u32 ll_histogram_index(__u32 cpu, __u32 pools,
								      __u32 pool, __u32 kind)
{
	return (cpu * pools + pool) * LL_HISTOGRAM_KINDS + kind;
}

/* Shifts, not branches: the verifier would walk each way of all. */
static inline __attribute__((always_inline)) __u32 ll_histogram_bucket(__u64 ns)
{
	__u64 rest = ns >> LL_HISTOGRAM_FIRST_BIT, octave, step;

	if (!rest)
		return 0;
	if (ns >> LL_HISTOGRAM_END_BIT)
		return LL_HISTOGRAM_BUCKETS - 1;
	octave = ((0xffff - rest) >> 63) << 4;
	rest >>= octave;
	step = ((0xff - rest) >> 63) << 3;
	rest >>= step;
	octave += step;
	step = ((0xf - rest) >> 63) << 2;
	rest >>= step;
	octave += step;
	step = ((0x3 - rest) >> 63) << 1;
	rest >>= step;
	octave += step + (rest >> 1);
	step = ns >> (octave + LL_HISTOGRAM_FIRST_BIT - LL_HISTOGRAM_GROUPING);
	return (__u32)(1 + (octave << LL_HISTOGRAM_GROUPING) +
		       (step & ((1 << LL_HISTOGRAM_GROUPING) - 1)));
}

/* The least value of a bucket. */
static inline __attribute__((always_inline)) __u64 ll_histogram_low_ns(__u32 bucket)
{
	__u64 parts = 1 << LL_HISTOGRAM_GROUPING, at = (__u64)bucket - 1;

	if (!bucket)
		return 0;
	return (parts + (at & (parts - 1)))
	       << ((at >> LL_HISTOGRAM_GROUPING) + LL_HISTOGRAM_FIRST_BIT - LL_HISTOGRAM_GROUPING);
}

LL_ABI_ASSERT(LL_HISTOGRAM_BUCKETS == 210);
LL_ABI_ASSERT(sizeof(struct ll_histogram) == 848);

#endif /* LOADLINE_ABI_HISTOGRAM_H */
