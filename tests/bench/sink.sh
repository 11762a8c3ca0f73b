#!/bin/sh
# A provider that says yes at once: FCM's token endpoint and messages:send over cleartext HTTP/1.1, by nginx.
# It checks nothing; the strict one is tests/sandbox.
#
#   sink.sh start DIR PORT   start; prints {"url","log","serviceAccountFile","pid"}
#   sink.sh stop DIR         flush the log and stop; waits until the process is gone
#   sink.sh count DIR        requests logged so far (the log lags by up to 100 ms)
#
# A line of the log DIR/arrivals.log: seconds since 1970 with ms, notification id, HTTP status, body bytes, number of the
# request on its connection. The id is the header X-Notification-Id, else X-Tidings-Delivery, else the body's notificationId or
# deliveryId, else "-". Truncating the log while the sink runs is fine.
# Configure the fcm provider with that base_url and service_account_file.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

usage() {
  sed -n 's/^#   //p' "$0" >&2
  exit 2
}

write_account() {
  key=$(openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null | awk '{printf "%s\\n", $0}')
  cat > "$1/service-account.json" <<JSON
{
  "type": "service_account",
  "project_id": "sink",
  "private_key_id": "0000000000000000000000000000000000000000",
  "private_key": "$key",
  "client_email": "sender@sink.iam.gserviceaccount.com",
  "token_uri": "http://127.0.0.1:$2/token"
}
JSON
}

running() {
  [ -s "$1/nginx.pid" ] && kill -0 "$(cat "$1/nginx.pid")" 2>/dev/null
}

start() {
  mkdir -p "$1/tmp"
  dir=$(cd "$1" && pwd)
  if running "$dir"; then
    echo "sink: already running in $dir" >&2
    exit 1
  fi
  write_account "$dir" "$2"
  : > "$dir/arrivals.log"
  sed -e "s|@DIR@|$dir|g" -e "s|@PORT@|$2|g" "$here/sink/nginx.conf.in" > "$dir/nginx.conf"
  # -e: Debian's nginx would first try its own error log, which only root may write.
  PATH=$PATH:/usr/sbin nginx -e "$dir/error.log" -p "$dir" -c "$dir/nginx.conf"
  printf '{"url":"http://127.0.0.1:%s","log":"%s","serviceAccountFile":"%s","pid":%s}\n' "$2" "$dir/arrivals.log" \
    "$dir/service-account.json" "$(cat "$dir/nginx.pid")"
}

stop() {
  running "$1" || return 0
  pid=$(cat "$1/nginx.pid")
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

case "${1:-}" in
  start) [ $# -eq 3 ] || usage; start "$2" "$3" ;;
  stop) [ $# -ge 2 ] || usage; stop "$2" ;;
  count) [ $# -eq 2 ] || usage; wc -l < "$2/arrivals.log" ;;
  *) usage ;;
esac
