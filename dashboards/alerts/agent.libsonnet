// SPDX-License-Identifier: Apache-2.0
local alert = import '../lib/alert.libsonnet';

function(config) {
  name: 'loadline-agent',
  rules: [
    alert(
      config,
      'AgentDown',
      expr='up{job="%s"} == 0' % config.job,
      hold='1m',
      severity='warning',
      summary='The Loadline agent on {{ $labels.instance }} does not answer',
      description='Services go on by what they measure themselves. Nothing is seen of the host.',
    ),
    // Not what was counted after all: late (resync, recursion), or as a wait for "other" (unknown_call, and with
    // the source proc reasons_unreadable). They happen on every host.
    alert(
      config,
      'AgentLosingEvents',
      expr='sum by (instance, what) (rate(loadline_agent_lost_total{what!~"resync|recursion|unknown_call|reasons_unreadable"}[5m])) > 0',
      hold='5m',
      severity='warning',
      summary='The Loadline agent on {{ $labels.instance }} loses {{ $labels.what }}',
      description='{{ $value | humanize }} per second were not counted: figures of this host are too low.',
    ),
    // It is as it should be, and somebody should know that a board shows less than it did.
    alert(
      config,
      'AgentOverBudget',
      expr='max by (instance, feature) (loadline_agent_detail{state="dropped"}) > 0',
      hold='5m',
      severity='info',
      summary='The Loadline agent on {{ $labels.instance }} leaves out {{ $labels.feature }} to keep to its budget',
      description='Measuring them would take more CPU than budget_cpu allows. They come back when there is room.',
    ),
  ],
}
