// Runs actionlint on .github/workflows if Go is installed to build it; skipped otherwise.
import { spawnSync } from 'node:child_process';

const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const say = (text) => process.stdout.write(`${text}\n`);

if (spawnSync('go', ['version']).status !== 0) say('lint:workflows: SKIPPED, Go is not installed here.');
else {
  const { status, stdout, stderr } = spawnSync('go', ['run', ACTIONLINT], { encoding: 'utf8' });
  if (status === 0) say('lint:workflows: all workflows passed.');
  else if (/dial tcp|proxyconnect|no such host|cannot find module/.test(stderr))
    say('lint:workflows: SKIPPED, the Go module proxy cannot be reached.');
  else {
    say(`${stdout}${stderr}lint:workflows: FAILED.`);
    process.exitCode = 1;
  }
}
