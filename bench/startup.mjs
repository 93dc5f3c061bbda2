import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readCommand } from './exports.mjs';
import { lowCodeStartup } from './low-code.mjs';
import { executable, median, root, run, withFolder } from './measure.mjs';

const require = createRequire(import.meta.url);
const { startSimulator } = require('../build/simulator/index.js');

const FORECASTS = {
  stream: { name: 'forecasts', json_schema: {}, supported_sync_modes: ['full_refresh'] },
  sync_mode: 'full_refresh',
  destination_sync_mode: 'overwrite',
};

/** How long commands that do almost nothing take compared with Node.js itself, and how large the install is. */
export async function startup({ quick, say }) {
  say('Start-up …');
  const simulator = await startSimulator();
  try {
    return await withFolder(async (folder) => {
      const read = readCommand(folder, { base_url: simulator.url, forecast_ids: ['net_new'] }, [FORECASTS]);
      const rows = [];
      for (const [what, command] of [
        ['`node -e 0`', ['-e', '0']],
        ['`source-clari spec`', [executable, 'spec']],
        ['`source-clari check`', [executable, 'check', '--config', join(folder, 'config.json')]],
        // A catalog without streams is refused.
        ['`source-clari read` of `forecasts` alone, no export', read],
      ]) {
        const { seconds, failure } = await median(quick ? 10 : 20, () => timed(command));
        rows.push({
          what,
          seconds,
          failure,
          beside: rows.length === 0 ? '' : `${(seconds / rows[0].seconds).toFixed(2)} × node`,
        });
      }
      return [...rows, ...(await lowCodeStartup({ say, runs: quick ? 3 : 5 })), await installedSize(say)];
    });
  } finally {
    await simulator.close();
  }
}

async function timed(command) {
  const started = performance.now();
  const { exitCode, stdout, stderr } = await run(process.execPath, command);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, failure: exitCode === 0 ? undefined : `exit code ${exitCode}: ${(stdout + stderr).slice(-300)}` };
}

/** What `npm ci --omit=dev` installs, in a separate folder. */
async function installedSize(say) {
  say('Installing what runs …');
  const what = 'installed runtime tree (`npm ci --omit=dev`)';
  return withFolder(async (folder) => {
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(root, name), join(folder, name));
    const { exitCode, stderr } = await run('npm', [
      'ci',
      '--omit=dev',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefix',
      folder,
    ]);
    if (exitCode !== 0) return { what, failure: stderr.trim().split('\n')[0] };
    const modules = join(folder, 'node_modules');
    const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'));
    const bytes = readdirSync(modules, { recursive: true })
      .map((path) => statSync(join(modules, path)))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
    return { what, beside: `${Object.keys(packages).length} packages, ${(bytes / 1e6).toFixed(1)} MB` };
  });
}
