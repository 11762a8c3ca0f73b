// npm install amqplib
const amqp = require('amqplib');

async function main() {
  const connection = await amqp.connect(process.env.TIDINGS_AMQP_URL);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue('notifications.comment', { durable: true });

  const notification = {
    id: 'comment-4711',
    type: 'comment',
    recipient: '42',
    title: 'New comment',
    message: 'Ada: Nice photo!',
    data: { author: 'Ada', photo: 4711 },
  };
  channel.sendToQueue('notifications.comment', Buffer.from(JSON.stringify(notification)), {
    persistent: true,
    priority: 5,
    contentType: 'application/json',
    messageId: notification.id,
  });
  await channel.waitForConfirms(); // from here on it can't be lost
  await connection.close();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
