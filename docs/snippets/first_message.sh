tidings enqueue <<'JSON'
{"id": "comment-4711", "type": "comment", "recipient": "42", "title": "New comment", "message": "Ada: Nice photo!", "data": {"author": "Ada", "photo": 4711}, "priority": 5}
JSON
