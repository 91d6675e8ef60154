// SPDX-License-Identifier: Apache-2.0
// The rows of the board "Loadline: pools".
local panel = import '../lib/panel.libsonnet';
local at = import '../lib/selector.libsonnet';

local stateColors = {
  '.*working$': 'green',
  '.*runnable$': 'orange',
  '.*waiting$': 'red',
  '.*idle$': 'super-light-blue',
};

local rate(metric, selector) = 'rate(%s%s[$__rate_interval])' % [metric, selector];
local sumBy(labels, expr) = 'sum by (%s) (%s)' % [labels, expr];

// Waits whose length another thread or process decides: a long one is no sign of a stuck thread.
local anyLength(config) = ['condition', 'sync', 'ipc', 'child'] + config.restReasons;

function(config) {
  threads:: {
    title: 'Threads: who works, who waits, and for what',
    panels: [
      panel.stack({
        title: 'Threads by state',
        description: 'Of all chosen pools. Working: on a CPU. Runnable: waiting for a CPU. Waiting: for something else. Idle: waiting for work. A band of red that grows while green stays flat means that more threads would not help.',
        unit: 'short',
        queries: [{ expr: sumBy('state', 'loadline_threads' + at.pool()), legend: '{{state}}' }],
        colors: stateColors,
      }),
      panel.stack({
        title: 'Threads by pool and state',
        description: 'The same, pool by pool. Choose a process above to see one service.',
        unit: 'short',
        queries: [{
          expr: sumBy('process, pool, state', 'loadline_threads' + at.pool()),
          legend: '{{process}} / {{pool}}: {{state}}',
        }],
        colors: stateColors,
      }),
      panel.stack({
        title: 'Waiting by reason',
        description: 'Thread seconds of waiting per second: the average number of threads that wait for each reason. Waits in progress are included.',
        unit: 'short',
        queries: [{
          expr: sumBy('reason', rate('loadline_thread_seconds_total', at.pool('state="waiting"'))),
          legend: '{{reason}}',
        }],
      }),
      panel.stack({
        title: 'Network waits by peer',
        description: 'Thread seconds of waiting per second for each remote address: which dependency holds the threads. The largest peers of a pool are named, the rest is "other".',
        unit: 'short',
        queries: [{
          expr: sumBy('process, pool, peer', rate('loadline_peer_wait_seconds_total', at.pool())),
          legend: '{{process}} / {{pool}}: {{peer}}',
        }],
      }),
      panel.stack({
        title: 'What pools lose their time to',
        description: 'Threads, on average, by what they lose their time to; rest is left out. The command "loadline explain" names the culprit of each, how bad it is, and what to do.',
        unit: 'short',
        queries: [{
          expr: sumBy('process, pool, cause', rate('loadline_lost_seconds_total', at.pool('cause!="cpu"'))),
          legend: '{{process}} / {{pool}}: {{cause}}',
        }],
      }),
      panel.stack({
        title: 'Pools in trouble',
        description: 'Processes whose pool has nobody free: for a part of the time (tight), for most of it (exhausted), or none that runs while work waits (stuck).',
        unit: 'short',
        queries: [{
          expr: sumBy('process, pool, severity', 'loadline_pool_severity' + at.pool('severity=~"tight|exhausted|stuck"')),
          legend: '{{process}} / {{pool}}: {{severity}}',
        }],
      }),
      panel.stack({
        title: 'Event loops kept from their poll',
        description: 'Threads that live in poll, on average, while they wait for something else or compute for 50 ms or more at once. Everybody behind such a loop waits meanwhile: a blocking call does not belong there.',
        unit: 'short',
        queries: [{
          expr: sumBy('process, pool, reason', rate('loadline_event_loop_blocked_seconds_total', at.pool())),
          legend: '{{process}} / {{pool}}: {{reason}}',
        }],
      }),
      panel.lines({
        title: 'Oldest wait in progress',
        description: 'How long the thread that waits longest has waited, by reason. A line that climbs as fast as time passes is a thread that is stuck: a deadlock, a disk or a peer that does not answer. It shows before the wait ends, and while all other threads are well.',
        unit: 's',
        queries: [{
          expr: 'max by (process, pool, reason) (loadline_oldest_wait_seconds%s)' % at.pool('reason!~"%s"' % std.join('|', anyLength(config))),
          legend: '{{process}} / {{pool}}: {{reason}}',
        }],
      }),
      panel.stack({
        title: 'Threads that wait for a peer now',
        description: 'A count of threads at the moment of the scrape. A dependency that hangs shows here at once, before any of its calls has ended.',
        unit: 'short',
        queries: [{
          expr: sumBy('process, pool, peer', 'loadline_peer_threads' + at.pool()),
          legend: '{{process}} / {{pool}}: {{peer}}',
        }],
      }),
    ],
  },

  cpu:: {
    title: 'CPU: who had it, and who waited for it',
    panels: [
      panel.stack({
        title: 'CPUs in use',
        description: 'Thread seconds on a CPU per second: how many CPUs each pool keeps busy.',
        unit: 'short',
        width: 8,
        queries: [{
          expr: sumBy('process, pool', rate('loadline_thread_seconds_total', at.pool('state="working"'))),
          legend: '{{process}} / {{pool}}',
        }],
      }),
      panel.stack({
        title: 'Run-queue wait by cause',
        description: 'Threads that wait for a CPU, on average. Self: behind threads of the same pool, so fewer would wait less. Neighbour: behind somebody else. Throttled: the CPU quota of the cgroup. Unattributed: nobody saw who had it.',
        unit: 'short',
        width: 8,
        queries: [{
          expr: sumBy('cause', rate('loadline_runqueue_wait_seconds_total', at.pool())),
          legend: '{{cause}}',
        }],
      }),
      panel.stack({
        title: 'Who had the CPU meanwhile',
        description: 'Threads that wait for a CPU behind another process, on average, by that process. Unknown has ended since.',
        unit: 'short',
        width: 8,
        queries: [{
          expr: sumBy('process, pool, neighbour', rate('loadline_neighbour_seconds_total', at.pool())),
          legend: '{{process}} / {{pool}}: {{neighbour}}',
        }],
      }),
      panel.lines({
        title: 'Run-queue latency, p99',
        description: 'Of 100 times that a thread got a CPU, it waited longer than this once. The most active pools have a line of their own; "other" is all others together.',
        unit: 's',
        width: 8,
        queries: [{
          expr: 'histogram_quantile(0.99, %s)' % sumBy('process, pool, le', rate('loadline_runqueue_latency_seconds_bucket', at.pool())),
          legend: '{{process}} / {{pool}}',
        }],
      }),
      panel.lines({
        title: 'Length of waits by reason, p99',
        description: 'Of 100 waits that ended, one was longer than this. Beside the share of time above it tells many short waits from a few long ones.',
        unit: 's',
        width: 8,
        queries: [{
          expr: 'histogram_quantile(0.99, %s)' % sumBy('process, pool, reason, le', rate('loadline_offcpu_latency_seconds_bucket', at.pool('reason!~"idle|poll|sleep"'))),
          legend: '{{process}} / {{pool}}: {{reason}}',
        }],
      }),
      panel.lines({
        title: 'Context switches',
        description: 'Per second. Voluntary: the thread had to wait. Involuntary: the CPU was taken from it; many of these with few working threads mean that there are more threads than CPUs can use.',
        unit: 'ops',
        width: 8,
        queries: [{
          expr: sumBy('process, pool, kind', rate('loadline_context_switches_total', at.pool())),
          legend: '{{process}} / {{pool}}: {{kind}}',
        }],
      }),
    ],
  },

  sizes:: {
    title: 'Pools that size themselves',
    panels: [
      panel.lines({
        title: 'Pool size: target, threads, active',
        description: 'The size that the pool wants, the threads that the kernel sees in it, and those that run a task. Target and threads part while a shrinking pool lets running tasks end.',
        unit: 'short',
        width: 8,
        queries: [
          { expr: sumBy('process, pool', 'loadline_pool_threads_target' + at.reported()), legend: '{{process}} / {{pool}}: target' },
          {
            expr: '%s and on (process, pool) loadline_pool_threads_target' % sumBy('process, pool', 'loadline_threads' + at.pool()),
            legend: '{{process}} / {{pool}}: threads',
          },
          { expr: sumBy('process, pool', 'loadline_pool_threads_active' + at.reported()), legend: '{{process}} / {{pool}}: active' },
        ],
      }),
      panel.lines({
        title: 'Pool queue',
        description: 'Tasks that wait for a thread.',
        unit: 'short',
        width: 8,
        queries: [{
          expr: sumBy('process, pool', 'loadline_pool_queue_length' + at.reported()),
          legend: '{{process}} / {{pool}}',
        }],
      }),
      panel.stack({
        title: 'Pool tasks by outcome',
        description: 'Per second. Completed: ran. Refused: the queue was full. Expired: the deadline passed in the queue, so it was not begun.',
        unit: 'ops',
        width: 8,
        queries: [{
          expr: sumBy('process, pool, outcome', rate('loadline_pool_tasks_total', at.reported())),
          legend: '{{process}} / {{pool}}: {{outcome}}',
        }],
      }),
    ],
  },

  limits:: {
    title: 'Limits: how much is let in, and why',
    panels: [
      panel.lines({
        title: 'Limit and requests in flight',
        description: 'A limit that is reached binds: what is more than it is refused. A limit far above what is in flight does nothing, and moves only on evidence.',
        unit: 'short',
        queries: [
          { expr: sumBy('service, limiter', 'loadline_limit' + at.limiter()), legend: '{{service}} / {{limiter}}: limit' },
          { expr: sumBy('service, limiter', 'loadline_in_flight' + at.limiter()), legend: '{{service}} / {{limiter}}: in flight' },
        ],
      }),
      panel.bars({
        title: 'Limit changes by cause',
        description: 'How often a limit moved, and why: the cause is the reason of the decision. A limit that moves for own_cpu or lock follows the service, for dep or late its dependency, for stale nothing but time.',
        unit: 'ops',
        queries: [{
          expr: sumBy('service, limiter, cause', rate('loadline_limit_changes_total', at.limiter())),
          legend: '{{service}} / {{limiter}}: {{cause}}',
        }],
      }),
      panel.stack({
        title: 'Bottleneck by limiter',
        description: 'What keeps the service from doing more, as its limiter sees it: the number of its processes that name each class.',
        unit: 'short',
        queries: [{
          expr: sumBy('service, limiter, class', 'loadline_limiter_bottleneck' + at.limiter()),
          legend: '{{service}} / {{limiter}}: {{class}}',
        }],
      }),
      panel.stack({
        title: 'Admitted and rejected',
        description: 'Requests per second that were let in, and that were refused.',
        unit: 'reqps',
        queries: [
          { expr: sumBy('service, limiter', rate('loadline_admitted_total', at.limiter())), legend: '{{service}} / {{limiter}}: admitted' },
          { expr: sumBy('service, limiter', rate('loadline_rejected_total', at.limiter())), legend: '{{service}} / {{limiter}}: rejected' },
        ],
        colors: { '.*admitted$': 'green', '.*rejected$': 'red' },
      }),
      panel.stack({
        title: 'Rejected by priority and cause',
        description: 'Requests per second that were refused, by the reason of the decision in force. An empty priority: the limiter knows none.',
        unit: 'reqps',
        width: 6,
        queries: [{
          expr: sumBy('service, limiter, priority, cause', rate('loadline_rejected_total', at.limiter())),
          legend: '{{service}} / {{limiter}}: {{priority}} {{cause}}',
        }],
      }),
      panel.lines({
        title: 'Would reject (shadow mode)',
        description: 'Requests per second that a limiter in shadow mode admitted although its limit was reached. What enforcing it would cost.',
        unit: 'reqps',
        width: 6,
        queries: [{
          expr: sumBy('service, limiter', rate('loadline_would_reject_total', at.limiter())),
          legend: '{{service}} / {{limiter}}',
        }],
      }),
      panel.lines({
        title: 'Limiter queue',
        description: 'Requests that wait in front of a limit.',
        unit: 'short',
        width: 6,
        queries: [{
          expr: sumBy('service, limiter', 'loadline_queue_length' + at.limiter()),
          legend: '{{service}} / {{limiter}}',
        }],
      }),
      panel.lines({
        title: 'Age of the kernel signal',
        description: 'How old the newest measurement was that a limiter decided by. Above a second it counts as stale and the limiter goes on with less.',
        unit: 's',
        width: 6,
        queries: [{
          expr: 'max by (service, limiter) (loadline_signal_age_seconds%s)' % at.limiter(),
          legend: '{{service}} / {{limiter}}',
        }],
      }),
    ],
  },

  agent:: {
    title: 'The agent itself: what it costs, what it lost',
    panels: [
      panel.stack({
        title: 'CPU of agent and probes',
        description: 'CPUs used by the agent in user space, and by its probes in the kernel (which run in the time of whoever is switched).',
        unit: 'percentunit',
        width: 6,
        queries: [
          { expr: sumBy('instance', rate('loadline_agent_cpu_seconds_total', at.agent())), legend: '{{instance}}: agent' },
          { expr: sumBy('instance', rate('loadline_agent_bpf_run_seconds_total', at.agent())), legend: '{{instance}}: probes' },
        ],
      }),
      panel.lines({
        title: 'Memory of the agent',
        description: 'Resident bytes.',
        unit: 'bytes',
        width: 6,
        queries: [{ expr: sumBy('instance', 'loadline_agent_resident_bytes' + at.agent()), legend: '{{instance}}' }],
      }),
      panel.bars({
        title: 'Losses',
        description: 'Per second: events that the probes could not count, by what was lost, and series beyond the cap, which are added up in "other". Anything but zero means that a figure above is too low; only resync was counted later, and unknown_call and reasons_unreadable as other.',
        unit: 'ops',
        width: 6,
        queries: [
          { expr: sumBy('instance, what', rate('loadline_agent_lost_total', at.agent())), legend: '{{instance}}: {{what}}' },
          { expr: sumBy('instance', rate('loadline_agent_series_dropped_total', at.agent())), legend: '{{instance}}: series' },
        ],
      }),
      panel.lines({
        title: 'Detail left out',
        description: 'What the agent does not measure now, to keep to its CPU budget: first histograms, then peers, then processes that are not registered. Nothing here is as it should be.',
        unit: 'none',
        width: 6,
        queries: [{ expr: 'max by (instance, feature) (loadline_agent_detail%s)' % at.agent('state="dropped"'), legend: '{{instance}}: {{feature}}' }],
      }),
      panel.stat({
        title: 'How the agent measures',
        description: 'The source of all figures above: bpf is exact.',
        unit: 'none',
        width: 6,
        text: 'name',
        queries: [{ expr: 'max by (instance, source) (loadline_agent_source%s == 1)' % at.agent(), legend: '{{instance}}: {{source}}' }],
      }),
    ],
  },
}
