// SPDX-License-Identifier: Apache-2.0
// A board is rows of panels; ids and places on the grid follow from their order, so that a panel in
// the middle can be added or taken away without touching its neighbours.
local columns = 24;

// Left to right, then down. A line is as high as its highest panel.
local place(row, panels, y) = std.foldl(
  function(at, panel)
    local wraps = at.x + panel.width > columns;
    local x = if wraps then 0 else at.x;
    local top = if wraps then at.y + at.height else at.y;
    {
      x: x + panel.width,
      y: top,
      height: if wraps then panel.height else std.max(at.height, panel.height),
      placed: at.placed + [panel { gridPos: { x: x, y: top, w: panel.width, h: panel.height } }],
    },
  panels,
  {
    x: 0,
    y: y + 1,
    height: 0,
    placed: [{ type: 'row', title: row, collapsed: false, panels: [], gridPos: { x: 0, y: y, w: columns, h: 1 } }],
  }
);

local layout(rows) = std.foldl(
  function(done, row)
    local placed = place(row.title, row.panels, done.y);
    { y: placed.y + placed.height, panels: done.panels + placed.placed },
  rows,
  { y: 0, panels: [] }
).panels;

local numbered(panels) = std.mapWithIndex(function(i, panel) panel { id: i + 1 }, panels);

{
  // Of every board. `query` is a label_values() expression.
  variable(name, label, query, allValue='.+'):: {
    name: name,
    label: label,
    type: 'query',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    definition: query,
    query: { query: query, refId: name },
    multi: true,
    includeAll: true,
    allValue: allValue,
    current: { selected: true, text: ['All'], value: ['$__all'] },
    refresh: 2,  // With the time range: pools come and go.
    sort: 1,
    hide: 0,
    regex: '',
    options: [],
  },

  new(config, uid, title, description, variables, rows):: {
    uid: uid,
    title: title,
    description: description,
    tags: config.tags,
    schemaVersion: 36,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: config.refresh,
    time: { from: config.from, to: 'now' },
    timezone: 'browser',
    links: [],
    annotations: { list: [] },
    templating: {
      list: [{
        name: 'datasource',
        label: 'Data source',
        type: 'datasource',
        query: 'prometheus',
        current: {},
        hide: 0,
        includeAll: false,
        multi: false,
        options: [],
        refresh: 1,
        regex: '',
      }] + variables,
    },
    panels: numbered(layout(rows)),
  },
}
