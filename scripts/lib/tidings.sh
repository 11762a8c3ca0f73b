# Sourced by the scripts that wrap the command line `tidings`: finds it and becomes it.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

run_tidings() { # ARGS...
  local program interactive=()
  for program in "${TIDINGS_BIN:-$project/build/release}/workers/tidings/tidings" \
    "$project/build/release/workers/tidings/tidings" "$project/build/dev/workers/tidings/tidings" \
    "$(command -v tidings || true)"; do
    [ ! -x "$program" ] || { default_config; exec "$program" "$@"; }
  done
  if command -v docker >/dev/null && [ -n "$(cd "$project" && docker compose ps -q --status running worker 2>/dev/null)" ]; then
    [ -t 0 ] && [ -t 1 ] || interactive=(-T)
    exec docker compose --project-directory "$project" exec "${interactive[@]}" worker tidings "$@"
  fi
  echo "$(basename "$0"): no program 'tidings': neither built here (cmake --preset release, cmake --build --preset release) nor running in compose" >&2
  exit 3
}
# The configuration is the project's unless the caller names another; files in ARGS stay relative to the caller.
default_config() { export TIDINGS_CONFIG=${TIDINGS_CONFIG:-$project/config/tidings.yaml}; }
