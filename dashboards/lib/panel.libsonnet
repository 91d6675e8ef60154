// SPDX-License-Identifier: Apache-2.0
// Panels in Grafana's classic JSON model. A panel without a title, description, unit or query does
// not compile: a graph that nobody can read is worse than none.
local needed(spec, key) =
  if std.objectHas(spec, key) then spec[key]
  else error 'panel "%s" needs a %s' % [std.get(spec, 'title', '?'), key];

local datasource = { type: 'prometheus', uid: '${datasource}' };

// queries: [{ expr, legend }]. refIds are A, B, C...
local targets(queries) = std.mapWithIndex(
  function(i, query) {
    datasource: datasource,
    refId: std.char(std.codepoint('A') + i),
    expr: query.expr,
    legendFormat: query.legend,
    editorMode: 'code',
    range: true,
  }, queries
);

// colors: { name pattern: colour }. One word has one colour on every panel.
local overrides(colors) = [
  {
    matcher: { id: 'byRegexp', options: pattern },
    properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: colors[pattern] } }],
  }
  for pattern in std.objectFields(colors)
];

local base(type, spec) = {
  type: type,
  title: needed(spec, 'title'),
  description: needed(spec, 'description'),
  datasource: datasource,
  targets: targets(needed(spec, 'queries')),
  width:: std.get(spec, 'width', 12),
  height:: std.get(spec, 'height', 8),
  fieldConfig: {
    defaults: { unit: needed(spec, 'unit'), min: 0, custom: {} },
    overrides: overrides(std.get(spec, 'colors', {})),
  },
};

local timeseries(spec, custom) = base('timeseries', spec) {
  options: {
    legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  fieldConfig+: { defaults+: { custom: { lineWidth: 1, showPoints: 'never', spanNulls: false } + custom } },
};

{
  // Values that are compared.
  lines(spec):: timeseries(spec, { fillOpacity: 0 }),

  // Parts of a whole.
  stack(spec):: timeseries(spec, { fillOpacity: 60, stacking: { mode: 'normal', group: 'A' } }),

  // Events per interval, by cause.
  bars(spec):: timeseries(spec, {
    drawStyle: 'bars',
    fillOpacity: 80,
    stacking: { mode: 'normal', group: 'A' },
  }),

  // The value of now, as text.
  stat(spec):: base('stat', spec) {
    options: {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      textMode: std.get(spec, 'text', 'value_and_name'),
      colorMode: 'none',
      graphMode: 'none',
      justifyMode: 'center',
      orientation: 'auto',
    },
  },
}
