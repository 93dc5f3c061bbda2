// Preloaded into the connector's process (`node --require`): its clock runs as ever, but as far ahead of the system's
// as the simulator's does.
const aheadMs = Number(process.env.CLOCK_AHEAD_MS);
const SystemDate = Date;

globalThis.Date = class extends SystemDate {
  constructor(...args) {
    super(...(args.length === 0 ? [SystemDate.now() + aheadMs] : args));
  }

  static now() {
    return SystemDate.now() + aheadMs;
  }
};
