// `npm run simulator`.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'build', 'simulator', 'main.js');
if (existsSync(main)) require(main);
else {
  process.stderr.write('error: the simulator is not built yet. Run "npm ci" first.\n');
  process.exitCode = 1;
}
