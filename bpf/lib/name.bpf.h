/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What names of threads have in common. */
#ifndef LOADLINE_NAME_BPF_H
#define LOADLINE_NAME_BPF_H

#include "lib/maps.bpf.h"

/*
 * "worker-12" -> "worker-*", as agent/src/sampler/pool_name.h does; the rest of `out` is zero. All
 * arithmetic and no branch, since the verifier would follow the branches of each character.
 */
static __always_inline void ll_reduce_name(const char *name, char *out)
{
	__u32 in_number = 0, alive = 1, length = 0;
	int i;

	for (i = 0; i < LL_NAME_SIZE; i++)
		out[i] = 0;
#pragma unroll
	for (i = 0; i < LL_NAME_SIZE - 1; i++) {
		__u32 c = (__u8)name[i], digit, kept, shown;

		alive &= -c >> 31;			/* 1 until the first zero. */
		digit = (c - '0' - 10) >> 31 & ~((c - '0') >> 31);
		kept = alive & ~(digit & in_number);
		shown = c ^ ((c ^ '*') & -digit);
		barrier_var(shown);
		barrier_var(kept);
		out[length & (LL_NAME_SIZE - 1)] = shown & -kept;
		length += kept;
		in_number = digit;
	}
}

#endif /* LOADLINE_NAME_BPF_H */
