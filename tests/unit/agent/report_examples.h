// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/text_format.h>

#include <stdexcept>

#include "loadline/v1/report.pb.h"

namespace loadline::testing {

// A report in protobuf's text form.
inline v1::Report ReportOf(const std::string& text) {
  v1::Report report;
  if (!google::protobuf::TextFormat::ParseFromString(text, &report)) {
    throw std::invalid_argument("no report: " + text);
  }
  return report;
}

// A host in two troubles: a service whose dependency is slow, and compilers that take both CPUs.
inline v1::Report BusyHost() {
  return ReportOf(R"pb(
    version: 1
    window_seconds: 10
    agent_seconds: 40
    source: "bpf"
    host {
      cpus: 2
      cpu_idle: 0
      users { name: "cc1plus" cpus: 1.62 }
      users { name: "java" cpus: 0.3 }
      has_pressure: true
    }
    entries {
      cause: "dependency"
      culprit: "10.0.0.5:5432"
      share: 0.971
      severity: "exhausted"
      pools {
        process: "shop"
        pid: 4711
        processes: 1
        container: "shop.service"
        pool: "worker-*"
        threads: 200
        idle: 0
        severity: "exhausted"
        severity_why: "0 of 200 free, 512 of 511 at the door 0.0.0.0:8080, 37 turned away"
        severity_seconds: 180
        share: 0.971
        lost_threads: 194.2
        causes { cause: "dependency" culprit: "10.0.0.5:5432" share: 0.971 wait_seconds: 1.9 }
        causes { cause: "cpu" share: 0.02 }
        doors { address: "0.0.0.0:8080" queue: 512 limit: 511 drops: 37 }
        remark: "no past is known, the agent has run for 40 s"
        longest_wait { seconds: 4.2 unix_time: 1796094727 culprit: "10.0.0.5:5432" }
      }
      advice: "Look at 10.0.0.5:5432."
      advice: "More threads will not help; 180 to 240 are needed at this latency, 20 to 30 at 50 ms."
      unknown_share: 0.009
      why: "10.0.0.5 is not on this host."
    }
    entries {
      cause: "neighbour"
      culprit: "cc1plus"
      share: 0.3
      severity: "tight"
      pools {
        process: "java"
        pid: 99
        processes: 1
        pool: "ForkJoinPool"
        threads: 8
        severity: "tight"
        share: 0.41
      }
      pools {
        process: "nginx"
        pid: 80
        processes: 4
        pool: "nginx"
        threads: 4
        severity: "tight"
        share: 0.2
      }
      pools_more: 16
      advice: "Give cc1plus a lower CPU weight, or move it."
    }
    pools_more: 23
    cannot_know: "Who blocks whom inside of PostgreSQL."
  )pb");
}

// A host on which nothing is wrong.
inline v1::Report QuietHost() {
  return ReportOf(R"pb(
    version: 1
    window_seconds: 10
    agent_seconds: 4000
    source: "bpf"
    host { cpus: 2 cpu_idle: 0.93 has_pressure: true }
    pools_more: 41
  )pb");
}

}  // namespace loadline::testing
