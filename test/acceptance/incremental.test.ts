import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Messages } from '../support/messages';
import { ignoredFields, readJsonFile, sections } from './support/acceptance-config';
import {
  type ConfiguredCatalog,
  type ConfiguredStream,
  catalogFrom,
  cursorFieldOf,
  inMode,
  namesOf,
} from './support/catalogs';
import { without } from './support/record-rules';
import { SimulatedTenant } from './support/simulated-tenant';
import { cursorProblems, type StreamState, slicesOf, streamState } from './support/state-rules';

const SAMPLE_STATE = 'integration_tests/sample_state.json';

describe.each(sections.incremental.tests)('incremental reads with $config_path', (test) => {
  const { config_path, configured_catalog_path, future_state } = test;
  let tenant: SimulatedTenant;
  let catalog: ConfiguredCatalog;
  let first: Messages;

  beforeAll(async () => {
    tenant = await SimulatedTenant.start();
    catalog = inMode(catalogFrom(configured_catalog_path, await tenant.discover(config_path)), 'incremental');
    first = (await tenant.read(config_path, catalog)).messages;
  });
  afterAll(() => tenant.close());

  const read = async (streams: ConfiguredCatalog, state: readonly StreamState[]) => {
    const { messages, exitCode } = await tenant.read(config_path, streams, state);
    expect(messages.errors).toEqual([]);
    expect(exitCode).toBe(0);
    return messages;
  };
  const lastStates = (): StreamState[] =>
    namesOf(catalog).map((name) => streamState(name, first.states(name).at(-1) as Json));
  const textsOf = (messages: Messages, name: string) =>
    messages
      .records(name)
      .map((record) => JSON.stringify(without(record, ignoredFields().get(name) ?? [])))
      .sort();

  it('given every incremental stream, then each has a cursor, records and states', () => {
    expect(catalog.streams.length).toBeGreaterThan(0);
    for (const configured of catalog.streams) {
      const { name } = configured.stream;
      expect(cursorFieldOf(configured), name).toBeDefined();
      expect(first.records(name).length, name).toBeGreaterThan(0);
      expect(first.states(name).length, name).toBeGreaterThan(0);
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
        const slices = slicesOf((await tenant.read(config_path, alone)).messages.all);
        expect(slices.length, `states of ${name} with records`).toBeGreaterThan(0);
        for (const { state, recordsAfter } of slices) {
          const count = (await read(alone, [streamState(name, state)])).records(name).length;
          expect(count, `${name} from ${JSON.stringify(state)}`).toBeGreaterThanOrEqual(recordsAfter);
        }
      }),
    );
  });

  it('given states in the far future, then there is no record, and every stream says where it stands, in the same form', async () => {
    const future = readJsonFile<StreamState[]>(future_state.future_state_path);
    const messages = await read(catalog, future);
    expect(namesOf(catalog).filter((name) => messages.records(name).length > 0)).toEqual([]);
    for (const configured of catalog.streams) {
      const said = messages.states(configured.stream.name).at(-1) ?? {};
      expect(cursorProblems(configured, said, stateIn(future, configured), future_state.cursor_format)).toEqual([]);
    }
  });

  it('given the files with states, then they have the form of the states that the connector emits', () => {
    for (const path of [future_state.future_state_path, SAMPLE_STATE]) {
      for (const configured of catalog.streams) {
        const own = first.states(configured.stream.name).at(-1) ?? {};
        const model = stateIn(readJsonFile<StreamState[]>(path), configured);
        expect(cursorProblems(configured, own, model, future_state.cursor_format), path).toEqual([]);
        expect(Object.keys(model), path).toEqual(Object.keys(own));
      }
    }
  });

  it('given the sample state, then a read goes on from there: records come, none from before', async () => {
    const sample = readJsonFile<StreamState[]>(SAMPLE_STATE);
    const messages = await read(catalog, sample);
    for (const { stream } of catalog.streams) {
      const count = messages.records(stream.name).length;
      expect(count, stream.name).toBeGreaterThan(0);
      expect(count, stream.name).toBeLessThan(first.records(stream.name).length);
    }
  });
});

const stateIn = (states: readonly StreamState[], { stream: { name } }: ConfiguredStream): Json =>
  states.find(({ stream }) => stream.stream_descriptor.name === name)?.stream.stream_state ?? {};
