// SPDX-License-Identifier: Apache-2.0
// The label matchers that follow a board's variables. `more` are further matchers, as text.
local matchers(own) = function(more='')
  '{' + std.join(', ', ['instance=~"$instance"'] + own + (if more == '' then [] else [more])) + '}';
{
  pool: matchers(['process=~"$process"', 'pool=~"$pool"', 'container=~"$container"']),
  // What services report of their pools.
  reported: matchers(['process=~"$process"', 'pool=~"$pool"']),
  // A limiter's service is the process name of the pools that it guards.
  limiter: matchers(['service=~"$process"']),
  agent: matchers([]),
}
