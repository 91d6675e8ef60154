// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/where_next.h"

#include <fstream>

#include "absl/strings/str_cat.h"

namespace loadline::demo {
namespace {

std::string GrafanaLines(const Places& places) {
  if (places.dashboards.empty()) {
    return "  Grafana      the boards are not built (jsonnet is missing): see dashboards/README.md";
  }
  const std::string folder = places.dashboards.string();
  return absl::StrCat("  Grafana      LOADLINE_DASHBOARDS=", folder,
                      " GF_PATHS_PROVISIONING=", folder,
                      "/provisioning GF_PATHS_DATA=", (places.work_dir / "grafana").string(),
                      " grafana server --homepath /usr/share/grafana\n",
                      "               then open http://127.0.0.1:3000/d/loadline-pools");
}

}  // namespace

std::string WhereNext(const std::string& program) {
  return absl::StrCat(
      "Where to look next\n  ", program,
      " demo --keep      the same, left running: metrics, Grafana board, your own experiments\n  ",
      program, " demo --postgres  with a real database as the slow dependency\n  sudo ", program,
      " agent       for every process of this host; metrics on 127.0.0.1:9435/metrics\n  sudo ",
      program, " pools       what its pools wait for\n  ", program,
      " --help           all commands");
}

std::string WhereNextKept(const Places& places) {
  const std::string config = (places.work_dir / "prometheus.yml").string();
  return absl::StrCat(
      "Left running until Ctrl-C: agent, dependency, service under Loadline, and the load.\n",
      "  metrics      curl http://", places.http_address, "/metrics\n",       //
      "  pools        curl http://", places.http_address, "/api/v1/pools\n",  //
      "  make it slow ", places.slow_command, "\n",                           //
      "  and quick    ", places.usual_command, "\n",                          //
      "  logs         ", places.work_dir.string(), "/*.log\n",                //
      "  Prometheus   prometheus --config.file=", config,
      " --storage.tsdb.path=", (places.work_dir / "prometheus").string(),
      " --web.listen-address=127.0.0.1:9090\n", GrafanaLines(places));
}

absl::Status WritePrometheusConfig(const Places& places) {
  const std::filesystem::path file = places.work_dir / "prometheus.yml";
  std::ofstream out(file);
  out << "global:\n  scrape_interval: 1s\n  evaluation_interval: 5s\n"
      << "scrape_configs:\n  - job_name: loadline\n    static_configs:\n      - targets: ['"
      << places.http_address << "']\n";
  out.close();
  return out.good() ? absl::OkStatus()
                    : absl::UnavailableError(absl::StrCat("cannot write ", file.string()));
}

}  // namespace loadline::demo
