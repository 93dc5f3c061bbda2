// Loaded into every measured process: when it ends, reports its exit code, and its processor time and memory as the
// operating system accounts them.
const { readFileSync, writeFileSync } = require('node:fs');

process.on('exit', (exitCode) => {
  writeFileSync(
    process.env.BENCH_REPORT,
    JSON.stringify({ exitCode, cpuSeconds: cpuSeconds(), peakBytes: peakBytes() }),
  );
});

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function peakBytes() {
  try {
    // getrusage would count what the parent held when it started this process; the high-water mark of the memory map is
    // only this process's.
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
