'use strict';
// The sandbox program: reads its options, starts every listener, says where they are.

const { readOptions } = require('./lib/options');
const { startSandbox } = require('./lib/sandbox');

async function main() {
  const options = readOptions(process.argv.slice(2));
  // At once, without closing connections politely: nothing here needs saving, the record file is written as it goes.
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
  const sandbox = await startSandbox(options);
  process.stdout.write(`${JSON.stringify(sandbox.ready)}\n`);
}

main().catch((error) => {
  process.stderr.write(`sandbox: ${error.message}\n`);
  process.exit(error.usage ? 2 : 1);
});
