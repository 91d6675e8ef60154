/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every header of the kernel/user contract shares. These headers are the only copy: they
 * compile as BPF C, C11 and C++20, and their assertions run in all three.
 *
 * Rules: fixed-width fields, units in names, padding spelled out. Whoever changes a layout raises the
 * version: agent and SDK of different versions refuse each other's ledgers.
 */
#ifndef LOADLINE_ABI_ABI_H
#define LOADLINE_ABI_ABI_H

#ifdef __bpf__
#include "vmlinux.h"
#else
#include <assert.h>
#include <linux/types.h>
#endif

#define LL_ABI_VERSION 4
#define LL_NAME_SIZE 16		/* TASK_COMM_LEN. */

#ifdef __cplusplus
#define LL_ABI_ASSERT(condition) static_assert(condition, #condition)
#else
#define LL_ABI_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define LL_ABI_OFFSET(type, field, offset) \
	LL_ABI_ASSERT(__builtin_offsetof(type, field) == (offset))

#endif /* LOADLINE_ABI_ABI_H */
