import { writeFileSync } from 'node:fs';
import { connectorConfig, instructions, parseCommandLine, USAGE } from './cli';
import { startSimulator } from './server';

async function main(): Promise<void> {
  const { help, json, writeConfig, options } = parseCommandLine(process.argv.slice(2));
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const simulator = await startSimulator({ amounts: 'plausible', ...options });
  const stop = (): void => {
    simulator.close().catch(fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const { url, apiKey } = simulator;
  process.stdout.write(`Clari simulator (${options.contract} contract) on ${url} with API key ${apiKey}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ url, apiKey })}\n`);
  const config = connectorConfig(simulator, simulator.forecastIds);
  try {
    if (writeConfig !== undefined) writeFileSync(writeConfig, config);
  } catch (error) {
    stop();
    throw error;
  }
  process.stdout.write(instructions(config, writeConfig));
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

main().catch(fail);
