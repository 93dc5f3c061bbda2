import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Messages } from '../support/messages';
import { type ConfiguredCatalog, catalogIn, namesOf } from './support/catalogs';
import { readJson } from './support/files';
import { textsOf } from './support/record-rules';
import { SimulatedTenant } from './support/simulated-tenant';
import { formProblems, type StreamState, slicesOf, streamState } from './support/state-rules';

/** Streams whose cursor is a quarter. */
const BY_QUARTER = /^forecast_/;

describe('incremental reads', () => {
  let tenant: SimulatedTenant;
  let catalog: ConfiguredCatalog;
  let first: Messages;

  beforeAll(async () => {
    tenant = await SimulatedTenant.start();
    catalog = catalogIn('incremental', await tenant.discover());
    first = (await tenant.read(catalog)).messages;
  });
  afterAll(() => tenant.close());

  const read = async (streams: ConfiguredCatalog, state: readonly StreamState[]) => {
    const { messages, exitCode } = await tenant.read(streams, state);
    expect(messages.errors).toEqual([]);
    expect(exitCode).toBe(0);
    return messages;
  };
  const lastStates = (): StreamState[] =>
    namesOf(catalog).map((name) => streamState(name, first.states(name).at(-1) as Json));

  it('given every incremental stream, then each has a cursor, records and states', () => {
    expect(catalog.streams.length).toBeGreaterThan(0);
    for (const { stream, cursor_field } of catalog.streams) {
      expect(cursor_field, stream.name).toHaveLength(1);
      expect(first.records(stream.name).length, stream.name).toBeGreaterThan(0);
      expect(first.states(stream.name).length, stream.name).toBeGreaterThan(0);
    }
  });

  it('given the last states of a read, when read again, then other records come', async () => {
    const second = await read(catalog, lastStates());
    for (const name of namesOf(catalog)) expect(textsOf(second, name), name).not.toEqual(textsOf(first, name));
  });

  it('given the states along the way, when read from, stream by stream, then no record that followed is missed', async () => {
    await Promise.all(
      catalog.streams.map(async (configured) => {
        const alone = { streams: [configured] };
        const { name } = configured.stream;
        const slices = slicesOf((await tenant.read(alone)).messages.all);
        expect(slices.length, `states of ${name} with records`).toBeGreaterThan(0);
        for (const { state, recordsAfter } of slices) {
          const count = (await read(alone, [streamState(name, state)])).records(name).length;
          expect(count, `${name} from ${JSON.stringify(state)}`).toBeGreaterThanOrEqual(recordsAfter);
        }
      }),
    );
  }, 180_000);

  it('given states in the far future, then no quarter comes, at most the last days of the rest, and states of the same form', async () => {
    const future = readJson<StreamState[]>('abnormal_state.json');
    const messages = await read(catalog, future);
    for (const name of namesOf(catalog)) {
      const count = messages.records(name).length;
      if (BY_QUARTER.test(name)) expect(count, name).toBe(0);
      else expect(count, name).toBeLessThan(first.records(name).length / 4);
      const said = messages.states(name).at(-1) ?? {};
      expect(formProblems(said, stateIn(future, name)), name).toEqual([]);
    }
  });

  it.each(['abnormal_state.json', 'sample_state.json'])(
    'given %s, then it has every incremental stream, in the form of the states that the connector emits',
    (file) => {
      const states = readJson<StreamState[]>(file);
      for (const name of namesOf(catalog)) {
        const own = first.states(name).at(-1) ?? {};
        expect(Object.keys(stateIn(states, name)), `${file}: ${name}`).not.toEqual([]);
        expect(formProblems(own, stateIn(states, name)), `${file}: ${name}`).toEqual([]);
      }
    },
  );

  it('given the sample state, then a read goes on from there: records come, none from before', async () => {
    const messages = await read(catalog, readJson<StreamState[]>('sample_state.json'));
    for (const { stream } of catalog.streams) {
      const count = messages.records(stream.name).length;
      expect(count, stream.name).toBeGreaterThan(0);
      expect(count, stream.name).toBeLessThan(first.records(stream.name).length);
    }
  });
});

const stateIn = (states: readonly StreamState[], name: string): Json =>
  states.find(({ stream }) => stream.stream_descriptor.name === name)?.stream.stream_state ?? {};
