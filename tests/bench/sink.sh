#!/bin/sh
# A provider that says yes: FCM's token endpoint and messages:send by nginx, over cleartext HTTP/1.1 or HTTP/2 over TLS.
# It checks nothing; the strict one is tests/sandbox.
#
#   sink.sh start DIR PORT [DELAY_MS] [http1|http2]
#                            start; prints {"url","log","serviceAccountFile","caFile","pid"}; answers at once unless told a delay
#   sink.sh stop DIR         flush the log and stop; waits until the process is gone
#   sink.sh count DIR        requests logged so far (the log lags by up to 100 ms)
#
# A line of the log DIR/arrivals.log: seconds since 1970 with ms at the answer, notification id, HTTP status, body bytes, number
# of the request on its connection, seconds between request and answer. The id is the header X-Notification-Id, else
# X-Tidings-Delivery, else the body's notificationId or deliveryId, else "-". Truncating the log while the sink runs is fine.
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
  "token_uri": "$2/token"
}
JSON
}

running() {
  [ -s "$1/nginx.pid" ] && kill -0 "$(cat "$1/nginx.pid")" 2>/dev/null
}

write_certificate() {
  [ -s "$1/cert.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$1/key.pem" -out "$1/cert.pem" 2>/dev/null
}

# At once: mirroring reads the body, then the file that isn't there leads to the answer.
# With a delay: the echo module, which nginx-light brings along, reads the body and waits without holding up the others.
write_configuration() { # DIR PORT DELAY_MS PROTOCOL
  tls='' certificate='' module=''
  read='mirror /unread; mirror_request_body on; error_page 404 405 = @accepted;'
  if [ "$4" = http2 ]; then
    tls='ssl http2'
    certificate="ssl_certificate $1/cert.pem; ssl_certificate_key $1/key.pem;"
  fi
  if [ "$3" -gt 0 ]; then
    module='load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;'
    read="echo_read_request_body; echo_sleep $(awk -v ms="$3" 'BEGIN { print ms / 1000 }'); echo_exec @accepted;"
  fi
  sed -e "s|@READ@|$read|" -e "s|@MODULE@|$module|" -e "s|@TLS@|$tls|" -e "s|@CERTIFICATE@|$certificate|" -e "s|@DIR@|$1|g" \
    -e "s|@PORT@|$2|g" "$here/sink/nginx.conf.in" > "$1/nginx.conf"
}

start() { # DIR PORT DELAY_MS PROTOCOL
  mkdir -p "$1/tmp"
  dir=$(cd "$1" && pwd)
  if running "$dir"; then
    echo "sink: already running in $dir" >&2
    exit 1
  fi
  url=http://127.0.0.1:$2 ca=''
  if [ "$4" = http2 ]; then
    write_certificate "$dir"
    url=https://127.0.0.1:$2 ca=$dir/cert.pem
  fi
  write_account "$dir" "$url"
  write_configuration "$dir" "$2" "$3" "$4"
  : > "$dir/arrivals.log"
  # -e: Debian's nginx would first try its own error log, which only root may write.
  PATH=$PATH:/usr/sbin nginx -e "$dir/error.log" -p "$dir" -c "$dir/nginx.conf"
  printf '{"url":"%s","log":"%s","serviceAccountFile":"%s","caFile":"%s","pid":%s}\n' "$url" "$dir/arrivals.log" \
    "$dir/service-account.json" "$ca" "$(cat "$dir/nginx.pid")"
}

stop() {
  running "$1" || return 0
  pid=$(cat "$1/nginx.pid")
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

case "${1:-}" in
  start) [ $# -ge 3 ] || usage; start "$2" "$3" "${4:-0}" "${5:-http1}" ;;
  stop) [ $# -ge 2 ] || usage; stop "$2" ;;
  count) [ $# -eq 2 ] || usage; wc -l < "$2/arrivals.log" ;;
  *) usage ;;
esac
