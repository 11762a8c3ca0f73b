# apt install python3-pika, or pip install pika
import json
import os

import pika

notification = {
    "id": "comment-4711",
    "type": "comment",
    "recipient": "42",
    "title": "New comment",
    "message": "Ada: Nice photo!",
    "data": {"author": "Ada", "photo": 4711},
}

connection = pika.BlockingConnection(pika.URLParameters(os.environ["TIDINGS_AMQP_URL"]))
channel = connection.channel()
channel.confirm_delivery()  # basic_publish now waits for the broker's yes, and raises otherwise
channel.queue_declare("notifications.comment", durable=True)
channel.basic_publish(
    exchange="",
    routing_key="notifications.comment",
    body=json.dumps(notification).encode(),
    properties=pika.BasicProperties(
        delivery_mode=2,  # persistent
        priority=5,
        content_type="application/json",
        message_id=notification["id"],
    ),
    mandatory=True,
)
connection.close()
