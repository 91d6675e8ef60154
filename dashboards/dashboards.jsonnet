// SPDX-License-Identifier: Apache-2.0
// jsonnet -m FOLDER dashboards.jsonnet: one file per board.
(import 'mixin.libsonnet').grafanaDashboards
