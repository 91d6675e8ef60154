// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a program at sched_switch costs that does nothing: the floor below every other figure. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

SEC("tp_btf/sched_switch")
int ll_floor(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
