# The management plugin, with a user that has the tag "management": TIDINGS_RABBITMQ_API=http://tidings:tidings@127.0.0.1:15672/api
vhost=tidings

curl -fsS -X PUT "$TIDINGS_RABBITMQ_API/queues/$vhost/notifications.comment" \
  -H 'Content-Type: application/json' -d '{"durable": true}'

curl -fsS "$TIDINGS_RABBITMQ_API/exchanges/$vhost/amq.default/publish" -H 'Content-Type: application/json' -d '{
  "routing_key": "notifications.comment",
  "properties": {"delivery_mode": 2, "priority": 5, "content_type": "application/json", "message_id": "comment-4711"},
  "payload_encoding": "string",
  "payload": "{\"id\": \"comment-4711\", \"type\": \"comment\", \"recipient\": \"42\", \"title\": \"New comment\", \"message\": \"Ada: Nice photo!\", \"data\": {\"author\": \"Ada\", \"photo\": 4711}}"
}' | grep '"routed":true'
