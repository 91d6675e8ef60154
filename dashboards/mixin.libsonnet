// SPDX-License-Identifier: Apache-2.0
// The layout of monitoring mixins: grafanaDashboards, prometheusAlerts, _config.
(import 'config.libsonnet') +
{
  local config = self._config,

  grafanaDashboards+:: {
    'loadline-pools.json': (import 'boards/pools.libsonnet')(config),
  },

  prometheusAlerts+:: {
    groups+: [
      (import 'alerts/threads.libsonnet')(config),
      (import 'alerts/limiters.libsonnet')(config),
      (import 'alerts/agent.libsonnet')(config),
    ],
  },
}
