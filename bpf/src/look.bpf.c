// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a walk over all threads can tell without any hook: what the scheduler has counted of each, what it
 * does now and, if it waits, why and for whom. For hosts where sched_switch cannot be had.
 *
 * Cost: some 0.6 us per thread and reading, in the agent. Nothing runs in between.
 */
#define LL_PROBED_REGS

#include "lib/reason.bpf.h"

const volatile __u32 slots_max = 2;
const volatile __u32 histogram_pools = 1;
const volatile bool has_prev_state = true;

__u32 slots_given = 0;
__u32 agent_tgid = 0;
__u32 features = 0;
__u8 ports_listened[LL_PORT_BYTES] = {};
__u8 idle_gates[LL_IDLE_GATES] = {};	/* Never open: idle addresses are looked at in the agent. */

/* What ll_reason_of() notes of a thread. Not on the stack, which is short; walks are one at a time. */
static struct ll_thread thread;

static __always_inline void look_at_wait(struct task_struct *task, struct ll_look *look)
{
	struct ll_wait wait = { .task = task, .thread = &thread, .state = ll_task_state(task) };

	__builtin_memset(&thread, 0, sizeof(thread));
	thread.fd = -1;
	look->reason = ll_reason_of(&wait, false);
	look->wait_addr = wait.addr;
	look->restarted = !look->reason && ll_class_of_call(wait.call.nr) == LL_CALL_RESTART;
	if (thread.fd >= 0 && look->reason == LL_WAIT_POLL)
		look->polled = (__u64)ll_file_of(task, thread.fd);
	else if (thread.fd >= 0)
		ll_tell_peer(task, thread.fd, &look->peer);
}

SEC("iter/task")
int ll_look_at(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct ll_look look = {};

	if (!task || !ll_tid(task) || LL_READ(task, exit_state))
		return 0;
	look.at_ns = bpf_ktime_get_ns();
	look.started_ns = task->start_boottime;
	look.image = task->self_exec_id;
	look.on_cpu_ns = task->se.sum_exec_runtime;
	look.run_delay_ns = task->sched_info.run_delay;
	look.runs = task->sched_info.pcount;
	look.switches_voluntary = task->nvcsw;
	look.switches_involuntary = task->nivcsw;
	look.tid = ll_tid(task);
	look.tgid = ll_tgid(task);
	look.tid_inner = ll_inner_tid(task);
	look.kernel = !!(task->flags & LL_PF_KTHREAD);
	BPF_CORE_READ_STR_INTO(&look.name, task, comm);
	look.state = LL_READ(task, on_cpu) ? LL_STATE_RUNNING :
		     task->sched_info.last_queued ? LL_STATE_RUNNABLE : LL_STATE_BLOCKED;
	if (look.state == LL_STATE_BLOCKED)
		look_at_wait(task, &look);
	bpf_seq_write(ctx->meta->seq, &look, sizeof(look));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
