# Sourced by the scripts that wrap the command line `tidings`: finds it and becomes it.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

run_tidings() { # ARGS...
  local program
  for program in "${TIDINGS_BIN:-$project/build/release}/workers/tidings/tidings" \
    "$project/build/release/workers/tidings/tidings" "$project/build/dev/workers/tidings/tidings" \
    "$(command -v tidings || true)"; do
    [ ! -x "$program" ] || { default_config; exec "$program" "$@"; }
  done
  if command -v docker >/dev/null && [ -n "$(cd "$project" && docker compose ps -q --status running 2>/dev/null)" ]; then
    run_in_compose "$@"
  fi
  echo "$(basename "$0"): no program 'tidings': neither built here (cmake --preset release, cmake --build --preset release) nor running in compose" >&2
  exit 3
}
# In a container of its own: it needs no running worker, and it ends with this script, Ctrl-C included, which a command
# in another's container outlives.
run_in_compose() { # ARGS...
  local word terminal=()
  for word; do
    if [ -f "$word" ]; then
      echo "$(basename "$0"): found the file $word, which the container does not see; expected it on standard input: $(basename "$0") <$word" >&2
      exit 2
    fi
  done
  [ -t 0 ] && [ -t 1 ] || terminal=(-T)
  exec docker compose --project-directory "$project" run --rm --no-deps "${terminal[@]}" worker tidings "$@"
}
# The configuration is the project's unless the caller names another; files in ARGS stay relative to the caller.
default_config() { export TIDINGS_CONFIG=${TIDINGS_CONFIG:-$project/config/tidings.yaml}; }
