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
    alert(
      config,
      'PoolStuck',
      expr='sum by (instance, process, pool) (loadline_pool_severity{severity="stuck", process!="other"}) > 0',
      hold='1m',
      severity='critical',
      summary='Pool {{ $labels.pool }} of {{ $labels.process }} stands still while work waits',
      description='No thread of it ran or was woken, in {{ $value }} processes, and somebody waits for it. `loadline explain` names what keeps it.',
    ),
    alert(
      config,
      'PoolExhausted',
      expr='sum by (instance, process, pool) (loadline_pool_severity{severity=~"exhausted|stuck", process!="other"}) > 0',
      hold='5m',
      severity='warning',
      summary='Pool {{ $labels.pool }} of {{ $labels.process }} has nobody free',
      description='For most of the last five minutes no thread of the pool could have taken more work, in {{ $value }} processes. `loadline explain` names the cause, its culprit and what to do.',
    ),
    // Who has somebody free loses time to the same causes, and is in no trouble.
    alert(
      config,
      'PoolHeldBack',
      expr=|||
        %s > %g
          and on (instance, process, pool) sum by (instance, process, pool) (loadline_pool_severity{severity=~"tight|exhausted|stuck"}) > 0
      ||| % [
        'sum by (instance, process, pool, cause) (rate(loadline_lost_seconds_total{cause=~"%s", process!="other"}[5m]))'
        % std.join('|', config.heldBackBy),
        config.heldBackThreadsMin,
      ],
      hold='10m',
      severity='info',
      summary='Pool {{ $labels.pool }} of {{ $labels.process }} is held back: {{ $labels.cause }}',
      description='{{ $value | humanize }} of its threads on average were lost to that for ten minutes. `loadline explain` names the culprit.',
    ),
    alert(
      config,
      'DoorTurnsAway',
      expr='sum by (instance, process, address) (rate(loadline_door_drops_total[5m])) > 0',
      hold='1m',
      severity='warning',
      summary='{{ $labels.process }} turns connections away at {{ $labels.address }}',
      description='{{ $value | humanize }} connections a second found the queue full: nobody takes them fast enough. Clients see time-outs, or wait a second and try again.',
    ),
  ],
}
