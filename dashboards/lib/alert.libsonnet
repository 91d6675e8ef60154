// SPDX-License-Identifier: Apache-2.0
// An alert without a summary, a description and a runbook does not compile.
function(config, name, expr, hold, severity, summary, description) {
  alert: name,
  expr: expr,
  'for': hold,
  labels: { severity: severity },
  annotations: {
    summary: summary,
    description: description,
    runbook_url: '%s#%s' % [config.runbookUrl, std.asciiLower(name)],
  },
}
