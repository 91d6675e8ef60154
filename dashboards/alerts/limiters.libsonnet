// SPDX-License-Identifier: Apache-2.0
local alert = import '../lib/alert.libsonnet';

function(config) {
  name: 'loadline-limiters',
  rules: [
    // A limiter that refuses for a moment does its work. For minutes, it says that the service is too
    // small for its load, or that something it needs is broken.
    alert(
      config,
      'LimiterShedding',
      expr=|||
        sum by (instance, service, limiter) (rate(loadline_rejected_total[1m]))
          > %g * (
            sum by (instance, service, limiter) (rate(loadline_rejected_total[1m]))
            + sum by (instance, service, limiter) (rate(loadline_admitted_total[1m]))
          )
      ||| % config.rejectedShareMax,
      hold='5m',
      severity='warning',
      summary='Limiter {{ $labels.limiter }} of {{ $labels.service }} has been refusing requests for minutes',
      description='{{ $value | humanize }} requests per second are refused.',
    ),
    alert(
      config,
      'SignalStale',
      expr='max by (instance, service, limiter) (loadline_signal_age_seconds) > %g' % config.signalAgeSecondsMax,
      hold='1m',
      severity='warning',
      summary='Limiter {{ $labels.limiter }} of {{ $labels.service }} decides without kernel signals',
      description='Its newest signal is {{ $value | humanizeDuration }} old. The limiter goes on by latency alone, which is less exact.',
    ),
  ],
}
