import { DAY_MS, dayOf, timeOf } from '../calendar';
import { hash, hexOf, shuffled } from '../hash';
import { isLate, type Lateness, visibleFrom } from './lateness';

export interface AuditEvent {
  readonly correlationID: string;
  readonly actorId: string;
  readonly impersonatingActorId: string | null;
  readonly actorType: 'USER' | 'SYSTEM' | 'JOB';
  readonly sessionId: string;
  readonly sessionType: 'WEB' | 'IOS' | 'ANDROID';
  readonly event: string;
  readonly ipAddress: string;
  readonly eventParameters: Readonly<Record<string, unknown>>;
  /** ISO 8601, UTC. */
  readonly eventTimestamp: string;
}

export interface Actor {
  readonly actorType: string;
  readonly actorId: string;
  readonly name: string;
  readonly email: string;
}

export type AuditOrder = 'oldest_first' | 'newest_first' | 'unordered';

const ACTORS: readonly Actor[] = [
  { actorType: 'USER', actorId: '300102', name: 'Jonas Lind', email: 'jonas.lind@example.com' },
  { actorType: 'USER', actorId: '300101', name: 'Maya Ortiz', email: 'maya.ortiz@example.com' },
];
const EVENTS = ['api.accessed', 'forecast.updated', 'user.login', 'export.downloaded'];

/** The audit trail: endless into the past, and the same every time. */
export class AuditData {
  constructor(
    private readonly eventsPerDay: number,
    private readonly order: AuditOrder,
    private readonly lateness: Lateness,
  ) {}

  /**
   * The events from `from` to `to` (epoch ms, both inclusive) visible at `asOf`, in the trail's order. Each day's first
   * event has a twin with the same time, actor, session and name: no combination of those is a key.
   */
  events(from: number, to: number, asOf: number): AuditEvent[] {
    const events: AuditEvent[] = [];
    for (let day = timeOf(dayOf(from)); day <= to; day += DAY_MS) {
      for (let index = 0; index < this.eventsPerDay; index++) {
        const slot = index === 1 ? 0 : index;
        const time = day + Math.floor(((slot + 0.5) * DAY_MS) / this.eventsPerDay / 1000) * 1000;
        if (time < from || time > to) continue;
        const event = eventAt(dayOf(day), index, slot, time);
        if (visibleFrom(this.lateness, event.correlationID, time) <= asOf) events.push(event);
      }
    }
    if (this.order === 'newest_first') return events.reverse();
    return this.order === 'unordered' ? shuffled(events, (event) => event.correlationID, 'audit') : events;
  }

  /** Whether an event becomes visible only some time after it happens. */
  isLate(event: AuditEvent): boolean {
    return isLate(this.lateness, event.correlationID);
  }

  /** The events' actors: only users; jobs and the system have no entry. */
  actorsOf(events: readonly AuditEvent[]): Actor[] {
    return ACTORS.filter((actor) => events.some((event) => event.actorId === actor.actorId));
  }
}

function eventAt(day: string, index: number, slot: number, time: number): AuditEvent {
  const seed = hash(`audit|${day}|${slot}`);
  const byJob = slot > 0 && seed % 7 === 0;
  const actor = ACTORS[seed % ACTORS.length];
  const session = hexOf(`session|${day}|${slot}`, 32);
  return {
    correlationID: `c-${hexOf(`audit|${day}|${index}`, 8)}`,
    actorId: byJob || actor === undefined ? 'job-nightly' : actor.actorId,
    impersonatingActorId: seed % 9 === 0 ? '300102' : null,
    actorType: byJob ? 'JOB' : 'USER',
    sessionId: session.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    sessionType: seed % 5 === 0 ? 'IOS' : 'WEB',
    event: EVENTS[seed % EVENTS.length] ?? 'user.login',
    ipAddress: `203.0.113.${seed % 254}`,
    eventParameters: { sequence: index },
    eventTimestamp: new Date(time).toISOString().replace('.000Z', 'Z'),
  };
}
