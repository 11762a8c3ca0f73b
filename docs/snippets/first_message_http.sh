# The management plugin, with a user that has the tag "management": TIDINGS_RABBITMQ_API=http://tidings:tidings@127.0.0.1:15672/api
vhost=tidings

# The password goes to curl's standard input: on its command line any user of the machine could read it.
api() {
  path=$1; shift
  printf 'url = "%s/%s"\n' "$TIDINGS_RABBITMQ_API" "$path" | curl -fsS --config - "$@"
}

api "queues/$vhost/notifications.comment" -X PUT \
  -H 'Content-Type: application/json' -d '{"durable": true}'

api "exchanges/$vhost/amq.default/publish" -H 'Content-Type: application/json' -d '{
  "routing_key": "notifications.comment",
  "properties": {"delivery_mode": 2, "priority": 5, "content_type": "application/json", "message_id": "comment-4711"},
  "payload_encoding": "string",
  "payload": "{\"id\": \"comment-4711\", \"type\": \"comment\", \"recipient\": \"42\", \"title\": \"New comment\", \"message\": \"Ada: Nice photo!\", \"data\": {\"author\": \"Ada\", \"photo\": 4711}}"
}' | grep '"routed":true'
