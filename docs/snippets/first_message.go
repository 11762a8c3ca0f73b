// apt install golang-github-rabbitmq-amqp091-go-dev, or go get github.com/rabbitmq/amqp091-go
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

func main() {
	if err := send(); err != nil {
		log.Fatal(err)
	}
}

func send() error {
	connection, err := amqp.Dial(os.Getenv("TIDINGS_AMQP_URL"))
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	if err := channel.Confirm(false); err != nil {
		return err
	}
	queue, err := channel.QueueDeclare("notifications.comment", true, false, false, false, nil)
	if err != nil {
		return err
	}

	body, err := json.Marshal(map[string]any{
		"id":        "comment-4711",
		"type":      "comment",
		"recipient": "42",
		"title":     "New comment",
		"message":   "Ada: Nice photo!",
		"data":      map[string]any{"author": "Ada", "photo": 4711},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	confirmation, err := channel.PublishWithDeferredConfirmWithContext(ctx, "", queue.Name, true, false, amqp.Publishing{
		DeliveryMode: amqp.Persistent,
		Priority:     5,
		ContentType:  "application/json",
		MessageId:    "comment-4711",
		Body:         body,
	})
	if err != nil {
		return err
	}
	confirmation.Wait() // from here on it can't be lost
	return nil
}
