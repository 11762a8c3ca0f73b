#!/usr/bin/env bash
# Sends each snippet's message to a broker and looks at what lies in the queue: once with the queue not yet declared, once with it
# declared before. Each run has a type of its own, so the broker may be in use.
#
#   tests/snippets/run.sh [js] [py] [go] [sh] [http]     without names: all
#
# Needs TIDINGS_AMQP_URL; `http` also TIDINGS_RABBITMQ_API (the management plugin); `sh` the program `tidings`: $TIDINGS_BIN is the
# build directory, default build/dev. `npm ci` in this directory comes first. What can't be run fails.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
: "${TIDINGS_AMQP_URL:?the URL of a broker}"
export NODE_PATH=$here/node_modules
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# A copy of the snippet with the run's own type instead of comment: "comment", notifications.comment, comment-4711.
copy_of() { sed "s/\(['\".]\)comment\b/\1$2/g; s/comment-4711/$2-4711/g" "$project/docs/snippets/$1"; }

python_with_pika() {
  local python
  for python in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$python" -c 'import pika' 2>/dev/null; then echo "$python"; return; fi
  done
  echo "no python3 with pika" >&2
  return 1
}

run_js() { copy_of first_message.js "$1" >"$work/first.js"; node "$work/first.js"; }
run_py() { local python; python=$(python_with_pika); copy_of first_message.py "$1" >"$work/first.py"; "$python" "$work/first.py"; }
run_go() {
  copy_of first_message.go "$1" >"$work/first.go"
  GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE=${GOCACHE:-$work/go} go run "$work/first.go"
}
run_sh() {
  cat >"$work/tidings.yaml" <<YAML
amqp: {urls: ["$TIDINGS_AMQP_URL"]}
postgres: {url: "postgresql://unused@127.0.0.1:1/unused"}
templates: $project/templates
providers:
  mail: {kind: smtp, host: 127.0.0.1, port: 1025, tls: none, from: "no-reply@example.com"}
channels:
  email: {providers: [mail]}
types:
  $1: {channels: [email], template: comment}
YAML
  copy_of first_message.sh "$1" >"$work/first.sh"
  PATH=${TIDINGS_BIN:-$project/build/dev}/workers/tidings:$PATH TIDINGS_CONFIG=$work/tidings.yaml sh -e "$work/first.sh"
}
run_http() {
  : "${TIDINGS_RABBITMQ_API:?the URL of the management plugin, with its user}"
  copy_of first_message_http.sh "$1" | sed "s|^vhost=.*|vhost=$(basename "${TIDINGS_AMQP_URL%%\?*}")|" >"$work/http.sh"
  sh -e "$work/http.sh"
}

try() { # NAME fresh|declared
  local type=snippet-$1-$2-$$-$RANDOM queue
  queue=notifications.$type
  [ "$2" = fresh ] || node "$here/check.js" declare "$queue"
  if ("run_$1" "$type") >"$work/log" 2>&1 && node "$here/check.js" check "$queue" "$type-4711" "$type" >>"$work/log" 2>&1; then
    echo "ok      $1, queue $2"
  else
    echo "FAILED  $1, queue $2"
    sed 's/^/        /' "$work/log"
    failed=1
  fi
  node "$here/check.js" delete "$queue"
}

[ $# -gt 0 ] || set -- js py go sh http
for name; do
  case $name in js | py | go | sh | http) ;; *) echo "run.sh: what is '$name'?" >&2; exit 2 ;; esac
  # `tidings enqueue` says so when there is no queue (`tidings setup` makes it); apps declare their own.
  [ "$name" = sh ] || try "$name" fresh
  try "$name" declared
done
exit $failed
