/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads of one process whose names agree up to digits are one pool, unless user space says more. */
#ifndef LOADLINE_POOL_BPF_H
#define LOADLINE_POOL_BPF_H

#include "lib/name.bpf.h"

#define LL_POOL_BY_NAME 0x80000000	/* Set in all numbers made here; user space gives others. */

static __noinline __u32 ll_pool_by_name(__u32 tgid, const char *name)
{
	char reduced[LL_NAME_SIZE];
	__u32 hash = 2166136261u ^ tgid;	/* FNV-1a. */
	int i;

	ll_reduce_name(name, reduced);
	for (i = 0; i < LL_NAME_SIZE; i++)
		hash = (hash ^ (__u8)reduced[i]) * 16777619u;
	return hash | LL_POOL_BY_NAME;
}

#endif /* LOADLINE_POOL_BPF_H */
