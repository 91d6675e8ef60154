// SPDX-License-Identifier: Apache-2.0
local alert = import '../lib/alert.libsonnet';

function(config) {
  name: 'loadline-limiters',
  rules: [
    alert(
      config,
      'LimiterSheddingCritical',
      expr='sum by (instance, service, limiter) (rate(loadline_rejected_total{priority="critical"}[1m])) > 0',
      hold='1m',
      severity='critical',
      summary='Limiter {{ $labels.limiter }} of {{ $labels.service }} refuses critical requests',
      description='{{ $value | humanize }} critical requests per second are refused: everything less important is refused already, and it is not enough.',
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
