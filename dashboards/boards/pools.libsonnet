// SPDX-License-Identifier: Apache-2.0
// Loadline: pools. What the threads of a service do, what they wait for, and what follows from it.
local board = import '../lib/board.libsonnet';
local poolsRows = import 'pools_rows.libsonnet';

function(config)
  local rows = poolsRows(config);
  board.new(
    config,
    uid='loadline-pools',
    title='Loadline: pools',
    description='Waiting versus working threads per pool, what they wait for, and the limits that follow.',
    variables=[
      board.variable('instance', 'Host', 'label_values(loadline_threads, instance)'),
      board.variable('process', 'Process', 'label_values(loadline_threads{instance=~"$instance"}, process)'),
      board.variable('pool', 'Pool', 'label_values(loadline_threads{instance=~"$instance", process=~"$process"}, pool)'),
      // Not every process is in one.
      board.variable('container', 'Container', 'label_values(loadline_threads{instance=~"$instance", process=~"$process"}, container)', allValue='.*'),
    ],
    rows=[rows.threads, rows.cpu, rows.sizes, rows.limits, rows.agent],
  )
