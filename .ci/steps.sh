# SPDX-License-Identifier: Apache-2.0
# Sourced by .ci/run: steps within one bound for all of them, and at the end what each took.
#
#   step NAME COMMAND...   runs COMMAND in a process group of its own. The first step that fails
#                          ends the script with its code; one that still runs when CI_SECONDS_MAX
#                          are over is killed with its whole group, and the script ends with 124.
CI_SECONDS_MAX="${CI_SECONDS_MAX:-4500}"
ci_names=()
ci_seconds=()
ci_child=""

ci_time() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }

step() {
  local name="$1" began=$SECONDS code=0
  shift
  printf '\n== %s (after %s) ==\n' "$name" "$(ci_time "$SECONDS")"
  local left=$((CI_SECONDS_MAX - SECONDS))
  timeout --kill-after=20 "$((left > 0 ? left : 1))" "$@" &
  ci_child=$!
  wait "$ci_child" || code=$?
  ci_child=""
  ci_names+=("$name")
  ci_seconds+=($((SECONDS - began)))
  if ((code != 0 && SECONDS >= CI_SECONDS_MAX)); then
    echo "ci: killed in the step \"$name\": CI may take $(ci_time "$CI_SECONDS_MAX")" >&2
    exit 124
  elif ((code != 0)); then
    echo "ci: the step \"$name\" failed with code $code" >&2
    exit "$code"
  fi
}

ci_table() {
  printf '\n'
  local i
  for i in "${!ci_names[@]}"; do
    printf '%-28s %s\n' "${ci_names[i]}:" "$(ci_time "${ci_seconds[i]}")"
  done
  printf '%-28s %s of %s\n' "all steps:" "$(ci_time "$SECONDS")" "$(ci_time "$CI_SECONDS_MAX")"
}

# `timeout` leads the group of its step, hands a signal on to all of it, and kills what is left after
# 20 s: until then the step may tidy up. A second signal does not wait.
ci_stop() {
  trap - INT TERM
  if [[ -n "$ci_child" ]]; then
    kill -TERM "$ci_child" 2>/dev/null || true
    wait "$ci_child" || true
  fi
  exit "$1"
}

trap ci_table EXIT
trap 'ci_stop 130' INT
trap 'ci_stop 143' TERM
