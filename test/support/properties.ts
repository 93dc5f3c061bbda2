import fc from 'fast-check';

/**
 * Properties try the same cases in every run, so that a failure comes from a change and never from luck.
 * `PROPERTY_SEED` tries others.
 */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) });
