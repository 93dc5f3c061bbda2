import { createHash } from 'node:crypto';
import type { Leftovers } from '../clari/entries/leftovers';
import { toSeconds } from '../days';
import { isObject, type JsonObject } from '../json';
import { asText } from '../values';
import { ColumnPicker, nestedTooDeeply, type Row } from './columns';
import type { StreamDefinition } from './define';
import { resumptionOf } from './resumption';

/** The most events a page may hold. */
const PAGE_SIZE = 1000;

const ACTOR_KEYS = ['actorId', 'actorType', 'name', 'email'];

/** Enough of an id to tell one sync's events apart; more would only fill the memory. */
const ID_BYTES = 16;

/**
 * Who did what in Clari. Clari's events have no unique id: their key is a hash of everything Clari sent, so events that
 * are identical in every way count as one. Each sync rereads the last days before the cursor, since events may be
 * recorded late.
 */
export const auditEvents: StreamDefinition = {
  name: 'audit_events',
  primaryKey: ['eventId'],
  cursorField: 'eventTimestamp',

  async read(context, { syncMode, state, output, signal }) {
    const { client, log } = context;
    const now = await context.startedAt();
    const known = syncMode === 'incremental' ? state : undefined;
    const { from = now, cursor, since } = await resumptionOf('audit_events', known, 'eventTimestamp', context);
    let newest = cursor;
    const picker = new ColumnPicker('audit_events');
    const actorsById = new Map<string, JsonObject>();
    const emitted = new Set<string>();
    if (from < now) {
      const window = { dateFrom: new Date(from).toISOString(), dateTo: new Date(now).toISOString() };
      for await (const { items, actors } of client.auditEvents({ ...window, limit: PAGE_SIZE }, { signal })) {
        for (const actor of actors) actorsById.set(actor.actorId, actor);
        const rows: Row[] = [];
        for (const item of items) {
          const hash = hashOfEvent(item);
          const id = hash.toString('latin1', 0, ID_BYTES);
          // Pages may overlap when events arrive during the read.
          if (emitted.has(id)) continue;
          emitted.add(id);
          rows.push(eventRow(picker, item, hash.toString('hex'), actorsById.get(asText(item['actorId']) ?? '')));
        }
        await output.records(rows.map((row) => row.toRecord()));
        for (const { columns } of rows) newest = later(newest, columns['eventTimestamp'], now);
      }
    }
    const warning = picker.unknownKeysWarning();
    if (warning !== undefined) log.warn(warning);
    // Clari documents no order, so only a whole window moves the cursor. If there was no event at all, the next sync
    // reads from the same day, no matter when it runs.
    await output.state({ eventTimestamp: newest ?? toSeconds(Math.min(from, now)), since: since.after });
  },
};

/**
 * One event as a row of `audit_events`, joined with its actor. The actor's keys without a column go to
 * `additionalFields.actors`.
 */
export function eventRow(picker: ColumnPicker, item: JsonObject, eventId: string, actor: JsonObject = {}): Row {
  const leftovers = picker.leftovers();
  const rest = picker.leftovers();
  const actorName = rest.text('actorName', 'name', actor['name']);
  const actorEmail = rest.text('actorEmail', 'email', actor['email']);
  const isTyped = item['actorType'] != null;
  if (isTyped && 'actorType' in actor && actor['actorType'] !== item['actorType'])
    rest.keepKnown('actorType', actor['actorType']);
  for (const key of Object.keys(actor)) if (!ACTOR_KEYS.includes(key)) rest.keepKnown(key, actor[key]);
  keepActor(actor, rest, leftovers);
  const event = isTyped || !('actorType' in actor) ? item : { ...item, actorType: actor['actorType'] };
  return picker.row(event, { eventId, actorName, actorEmail }, leftovers);
}

function keepActor(actor: JsonObject, rest: Leftovers, leftovers: Leftovers): void {
  if (rest.fields === null) return;
  const hasUnknownKeys = Object.keys(actor).some((key) => !ACTOR_KEYS.includes(key));
  if (hasUnknownKeys) leftovers.keep('actors', rest.fields);
  else leftovers.keepKnown('actors', rest.fields);
  for (const column of rest.nulled) leftovers.markNulled(column);
}

/** SHA-256 of an event as Clari sent it, regardless of the order of its keys. In hex, it is the event's id. */
export function hashOfEvent(event: JsonObject): Buffer {
  try {
    return createHash('sha256').update(canonicalJson(event)).digest();
  } catch (cause) {
    if (cause instanceof RangeError) throw nestedTooDeeply(cause);
    throw cause;
  }
}

/** JSON without blanks, with every object's keys sorted by their UTF-16 units. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join()}}`;
}

/** The later one; anything after `now` counts as now. */
function later(newest: string | undefined, eventTimestamp: unknown, now: number): string | undefined {
  if (typeof eventTimestamp !== 'string') return newest;
  const capped = Date.parse(eventTimestamp) > now ? toSeconds(now) : eventTimestamp;
  return newest === undefined || Date.parse(capped) > Date.parse(newest) ? capped : newest;
}
