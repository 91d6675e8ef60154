// SPDX-License-Identifier: Apache-2.0
// jsonnet -S --tla-str runbookUrl=URL alerts.jsonnet: a Prometheus rule file.
function(runbookUrl)
  local mixin = (import 'mixin.libsonnet') + { _config+:: { runbookUrl: runbookUrl } };
  std.manifestYamlDoc(mixin.prometheusAlerts)
