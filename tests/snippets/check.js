'use strict';
// What run.sh needs of a broker: `declare QUEUE`, `delete QUEUE`, and `check QUEUE ID`, which takes the one message out of the
// queue and compares it with what every snippet should have sent.

const assert = require('node:assert/strict');
const amqp = require('amqplib');

async function check(channel, queue, id, type) {
  const { messageCount } = await channel.checkQueue(queue);
  assert.equal(messageCount, 1, `messages in ${queue}`);
  const message = await channel.get(queue, { noAck: true });
  const { deliveryMode, contentType, messageId, priority } = message.properties;
  assert.deepEqual({ deliveryMode, contentType, messageId, priority }, { deliveryMode: 2, contentType: 'application/json', messageId: id, priority: 5 });
  const { priority: inBody = 5, ...body } = JSON.parse(message.content.toString());
  assert.equal(inBody, 5);
  assert.deepEqual(body, { id, type, recipient: '42', title: 'New comment', message: 'Ada: Nice photo!', data: { author: 'Ada', photo: 4711 } });
}

async function main([command, queue, id, type]) {
  const connection = await amqp.connect(process.env.TIDINGS_AMQP_URL);
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  try {
    if (command === 'declare') await channel.assertQueue(queue, { durable: true });
    else if (command === 'delete') await channel.deleteQueue(queue);
    else await check(channel, queue, id, type);
  } finally {
    await connection.close();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
