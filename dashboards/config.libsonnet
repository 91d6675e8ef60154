// SPDX-License-Identifier: Apache-2.0
// What somebody who takes this mixin over may want to change, and nothing else:
//
//     (import 'mixin.libsonnet') + { _config+:: { poolBlockedShare: 0.8 } }
{
  _config+:: {
    // Of the scrape job; only the alert about the agent's absence needs it.
    job: 'loadline',

    // Where `#threadpoolallblocked` and the like are found. The build says where it installs them.
    runbookUrl: 'dashboards/runbooks.md',

    tags: ['loadline'],
    // The agent measures once a second; a board that redraws faster shows the same points.
    refresh: '5s',
    from: 'now-15m',

    // Waits that are no sign of trouble: idle, poll, sleep and signal, which a healthy pool may do all
    // day, stopped, which a person did on purpose, and other, which is not classified. All else is a
    // wait for other work.
    restReasons: ['idle', 'poll', 'sleep', 'signal', 'stopped', 'other'],
    // Of a pool's thread time. Not 1: the thread that finishes one task and takes the next one works
    // for an instant even when the dependency is dead.
    poolBlockedShare: 0.95,
    // Run-queue wait per second on the CPU. At 1, half of the time that a thread could work it waits.
    runQueueRatio: 1,
    // Threads that wait for a CPU at once, below which the ratio says nothing about a pool.
    runQueueThreadsMin: 0.5,
    // Causes that somebody should look at when they last. Left out: cpu, own_queue and neighbour,
    // which a batch job may have all day, and what programs at rest do as well.
    heldBackBy: ['quota', 'lock', 'storage', 'memory', 'dependency', 'handoff', 'one_at_a_time', 'deadlock', 'frozen'],
    // Threads that such a cause costs, on average, below which it says nothing about a pool.
    heldBackThreadsMin: 0.5,
    // Of what is offered to a limiter. Below it, callers' retries make good for the refusals.
    rejectedShareMax: 0.05,
    // The SDK takes a signal for stale after this time: the control law goes on without it.
    signalAgeSecondsMax: 1,
  },
}
