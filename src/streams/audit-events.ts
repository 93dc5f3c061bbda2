import type { AuditActor } from '../clari/types';
import { isObject } from '../json';
import { firstDay } from './activities/read';
import { startOfDay } from './activities/windows';
import { asObjects, ColumnPicker, toDateTime } from './columns';
import { dateTimeCursor } from './date-time-cursor';
import type { StreamDefinition } from './define';

/** The most that one page may hold. */
const PAGE_SIZE = 1000;

const COLUMNS = [
  'eventTimestamp',
  'event',
  'actorId',
  'actorType',
  'impersonatingActorId',
  'sessionId',
  'sessionType',
  'ipAddress',
  'correlationID',
  'eventParameters',
] as const;

/**
 * Who did what in Clari. Events have no unique id, so there is no primary key, and the events of the cursor's own instant are read again by
 * the next sync rather than risk losing one.
 */
export const auditEvents: StreamDefinition = {
  name: 'audit_events',
  cursorField: 'eventTimestamp',

  async read(context, { syncMode, state, output, signal }) {
    const before = syncMode === 'incremental' ? dateTimeCursor('audit_events', state, 'eventTimestamp') : undefined;
    const dateFrom = before ?? startOfDay(firstDay(context));
    const picker = new ColumnPicker(COLUMNS);
    const byId = new Map<string, AuditActor>();
    let newest = before;
    if (Date.parse(dateFrom) <= context.startedAt) {
      const dateTo = new Date(context.startedAt).toISOString();
      for await (const { items, actors } of context.client.auditEvents(
        { dateFrom, dateTo, limit: PAGE_SIZE },
        { signal },
      )) {
        for (const actor of actors) byId.set(actor.actorId, actor);
        const rows = asObjects(items, 'audit events').map((item) => toRow(picker, item, byId));
        await output.records(rows);
        for (const { eventTimestamp } of rows) newest = later(newest, eventTimestamp);
      }
    }
    const surprise = picker.surprise('audit_events');
    if (surprise !== undefined) context.log.warn(surprise);
    // Clari documents no order, so only a whole window moves the cursor.
    await output.state(newest === undefined ? {} : { eventTimestamp: newest });
  },
};

function toRow(
  picker: ColumnPicker<(typeof COLUMNS)[number]>,
  item: Record<string, unknown>,
  actors: ReadonlyMap<unknown, AuditActor>,
) {
  const row = picker.pick(item);
  const eventTimestamp = toDateTime(row.eventTimestamp);
  if (eventTimestamp === undefined && row.eventTimestamp !== null)
    picker.keep(row, 'eventTimestamp', row.eventTimestamp);
  if (row.eventParameters !== null && !isObject(row.eventParameters)) {
    picker.keep(row, 'eventParameters', row.eventParameters);
    row.eventParameters = null;
  }
  const actor = actors.get(row.actorId);
  return {
    ...row,
    eventTimestamp: eventTimestamp ?? null,
    actorName: actor?.name ?? null,
    actorEmail: actor?.email ?? null,
  };
}

function later(a: string | undefined, b: string | null): string | undefined {
  if (b === null) return a;
  return a === undefined || Date.parse(b) > Date.parse(a) ? b : a;
}
