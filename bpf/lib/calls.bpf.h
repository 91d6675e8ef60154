/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a thread that sleeps in a system call waits for, as far as its number tells. */
#ifndef LOADLINE_CALLS_BPF_H
#define LOADLINE_CALLS_BPF_H

#include "lib/maps.bpf.h"
#include "loadline_abi/wait_reason.h"

#define LL_CALLS_MAX 512	/* A power of two; numbers are below it. */

static __always_inline __u32 ll_class_of_call(__u32 nr)
{
	/* One spare entry takes the calls that this machine does not have. */
#if defined(__TARGET_ARCH_arm64)
#define LL_CALL_ENTRY(class, x86_64, arm64) [(arm64) < 0 ? LL_CALLS_MAX : (arm64)] = (class),
#else
#define LL_CALL_ENTRY(class, x86_64, arm64) [(x86_64) < 0 ? LL_CALLS_MAX : (x86_64)] = (class),
#endif
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winitializer-overrides"
	static const __u8 classes[LL_CALLS_MAX + 1] = { LL_CALLS(LL_CALL_ENTRY) };
#pragma clang diagnostic pop
#undef LL_CALL_ENTRY

	return nr < LL_CALLS_MAX ? classes[nr] : LL_WAIT_OTHER;
}

#endif /* LOADLINE_CALLS_BPF_H */
