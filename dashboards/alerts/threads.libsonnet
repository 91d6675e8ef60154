// SPDX-License-Identifier: Apache-2.0
local alert = import '../lib/alert.libsonnet';

function(config) {
  local seconds(matchers) =
    'sum by (instance, process, pool) (rate(loadline_thread_seconds_total%s[1m]))' % matchers,
  local waitForCpu =
    'sum by (instance, process, pool) (rate(loadline_runqueue_wait_seconds_total[5m]))',

  name: 'loadline-threads',
  rules: [
    // Blocked threads alone are no fault: a pool whose clients are silent waits on the network too.
    // With tasks in its queue it is one. Only a registered pool tells its queue.
    alert(
      config,
      'ThreadPoolAllBlocked',
      expr=|||
        %s
          > %g * %s
        and on (instance, process, pool) loadline_pool_queue_length > 0
      ||| % [
        seconds('{state="waiting", reason!~"%s"}' % std.join('|', config.restReasons)),
        config.poolBlockedShare,
        seconds(''),
      ],
      hold='1m',
      severity='critical',
      summary='All threads of pool {{ $labels.pool }} of {{ $labels.process }} are blocked and tasks wait',
      description='{{ $value | humanize }} threads of the pool were blocked over the last minute while tasks waited in its queue. More threads would wait for the same thing.',
    ),
    alert(
      config,
      'RunQueueSaturated',
      expr=|||
        %s
          > %g * %s
        and on (instance, process, pool) %s > %g
      ||| % [
        waitForCpu,
        config.runQueueRatio,
        std.strReplace(seconds('{state="working"}'), '[1m]', '[5m]'),
        waitForCpu,
        config.runQueueThreadsMin,
      ],
      hold='5m',
      severity='warning',
      summary='Pool {{ $labels.pool }} of {{ $labels.process }} waits for CPUs longer than it has them',
      description='On average {{ $value | humanize }} threads of the pool could run and had no CPU.',
    ),
    // The same class for ten minutes: a class that comes and goes is a new series each time.
    alert(
      config,
      'PoolHeldBack',
      expr='sum by (instance, process, pool, class) (loadline_bottleneck{class=~"%s", process!="other"}) > 0'
           % std.join('|', config.heldBackBy),
      hold='10m',
      severity='info',
      summary='Pool {{ $labels.pool }} of {{ $labels.process }} is held back: {{ $labels.class }}',
      description='{{ $value }} of its processes have been so for ten minutes. `loadline explain` names the cause and the figures.',
    ),
  ],
}
