import { DAY_MS, dayOf, timeOf } from '../calendar';
import { crmIdOf, hash, hexOf } from '../hash';
import { HOUR_MS, isEveryNth, isLate, type Lateness, visibleFrom } from './lateness';

export const ACTIVITY_TYPES = [
  'MEETING',
  'EMAIL_SENT',
  'EMAIL_RECEIVED',
  'ATTACHMENT_SENT',
  'ATTACHMENT_RECEIVED',
] as const;
export type ActivityType = (typeof ACTIVITY_TYPES)[number];

export interface Activity {
  readonly activityId: string;
  readonly activityType: ActivityType;
  readonly subject: string;
  /** Epoch ms unless the options say otherwise; occasionally a quoted number, as in the document's example. */
  readonly date: number | string;
  readonly activityOwnerId: string;
  readonly activityOrganiserId: string;
  readonly accounts: readonly { accountId: string; accountName: string; accountOwnerId: string }[];
  readonly opportunities: readonly { opportunityId: string; opportunityName: string; opportunityOwnerId: string }[];
  readonly participants: readonly { name: string; email: string; sfdcUserId: string; isInternal: boolean }[];
}

export interface Opportunity {
  readonly id: string;
  readonly crmScore: { readonly message: string; readonly score: number };
  readonly fields: readonly Record<string, unknown>[];
}

const MAYA = '0055x00000AaBbCAAV';
const JONAS = '0055x00000DdEeFAAV';
const CUSTOMERS = ['Northwind GmbH', 'Contoso AG', 'Fabrikam SAS', 'Tailspin Oy', 'Litware AB'];

/** How activities behave: the options of the same names. */
export interface ActivityBehaviour extends Lateness {
  readonly activitiesPerDay: number;
  readonly activityDates: 'epoch_ms' | 'epoch_seconds' | 'us_date' | 'iso_offset';
  readonly movedEvery: number;
  readonly movedAfterHours: number;
  readonly movedBackHours: number;
}

/** An activity's place on the calendar. */
interface Slot {
  readonly id: string;
  readonly day: string;
  readonly index: number;
  /** As of the requested moment, epoch ms. */
  readonly time: number;
}

/** Activities and opportunities: endless into the past, and the same every time. */
export class CrmData {
  constructor(
    private readonly behaviour: ActivityBehaviour,
    private readonly opportunityCount: number,
  ) {}

  /** The activities dated from `from` to `to` (epoch ms, both inclusive) as of `asOf`, oldest first. */
  *activities(from: number, to: number, asOf: number, types: readonly string[] = ACTIVITY_TYPES): Generator<Activity> {
    const slots = [...this.slots(from, to, asOf)].sort((a, b) => a.time - b.time);
    for (const slot of slots) {
      const activity = this.activity(slot);
      if (types.includes(activity.activityType)) yield activity;
    }
  }

  /** Whether an activity becomes visible only some time after its date. */
  isLate(activityId: string): boolean {
    return isLate(this.behaviour, activityId);
  }

  /** Whether an activity is later moved to an earlier date. */
  isMoved(activityId: string): boolean {
    return isEveryNth(this.behaviour.movedEvery, `moved|${activityId}`);
  }

  private *slots(from: number, to: number, asOf: number): Generator<Slot> {
    const { activitiesPerDay, movedEvery, movedAfterHours, movedBackHours } = this.behaviour;
    const backMs = movedEvery > 0 ? movedBackHours * HOUR_MS : 0;
    for (let day = timeOf(dayOf(from)); day <= to + backMs; day += DAY_MS) {
      for (let index = 0; index < activitiesPerDay; index++) {
        const first = day + Math.floor(((index + 0.5) * DAY_MS) / activitiesPerDay);
        const id = hexOf(`activity|${dayOf(day)}|${index}`, 32);
        if (visibleFrom(this.behaviour, id, first) > asOf) continue;
        const isMoved = this.isMoved(id) && first + movedAfterHours * HOUR_MS <= asOf;
        const time = isMoved ? first - backMs : first;
        if (time >= from && time <= to) yield { id, day: dayOf(day), index, time };
      }
    }
  }

  /** All opportunities. */
  opportunities(): Opportunity[] {
    return Array.from({ length: this.opportunityCount }, (_, index) => this.opportunity(index));
  }

  private activity({ id, day, index, time }: Slot): Activity {
    const seed = hash(`activity|${day}|${index}`);
    const bare = seed % 4 === 0;
    const opportunity = this.opportunityCount === 0 ? undefined : this.opportunity(seed % this.opportunityCount);
    const customer = CUSTOMERS[seed % CUSTOMERS.length] ?? '';
    const activityType = ACTIVITY_TYPES[seed % ACTIVITY_TYPES.length] ?? 'MEETING';
    return {
      activityId: id,
      activityType,
      subject: `${activityType === 'MEETING' ? 'Kick-off with' : 'Re: pricing for'} ${customer}`,
      date: dateOf(time, seed, this.behaviour.activityDates),
      activityOwnerId: MAYA,
      activityOrganiserId: seed % 2 === 0 ? MAYA : JONAS,
      accounts: bare ? [] : [{ accountId: crmIdOf('0015x', customer), accountName: customer, accountOwnerId: MAYA }],
      opportunities:
        bare || opportunity === undefined
          ? []
          : [{ opportunityId: opportunity.id, opportunityName: `${customer} FY27`, opportunityOwnerId: MAYA }],
      participants: bare
        ? []
        : [
            { name: 'Maya Ortiz', email: 'maya.ortiz@example.com', sfdcUserId: MAYA, isInternal: true },
            { name: 'Ines Roth', email: 'ines.roth@northwind.example', sfdcUserId: '', isInternal: false },
          ],
    };
  }

  private opportunity(index: number): Opportunity {
    const id = crmIdOf('0065x', `opportunity ${index}`);
    const seed = hash(id);
    const amount = 10_000 + (seed % 500) * 1000;
    return {
      id,
      crmScore: { message: seed % 3 === 0 ? 'Opportunity is at risk' : 'Opportunity is on track', score: seed % 101 },
      fields: [
        {
          id: 'opportunity.amount',
          alias: null,
          imageUrl: null,
          trend: 'UP',
          trendHistory: [{ oldValue: amount - 5000, newValue: amount, date: 1_794_268_800_000 }],
          value: amount,
          originalValue: amount - 5000,
        },
        { id: 'closedate', alias: 'Close Date', value: 1_797_292_800_000, originalValue: 1_797_292_800_000 },
        { id: 'owner.name', alias: null, value: 'Maya Ortiz' },
      ],
    };
  }
}

function dateOf(time: number, seed: number, format: ActivityBehaviour['activityDates']): number | string {
  if (format === 'us_date') return dayOf(time).replace(/^(\d+)-(\d+)-(\d+)$/, '$2/$3/$1');
  if (format === 'iso_offset') return `${new Date(time + 2 * HOUR_MS).toISOString().slice(0, 19)}+02:00`;
  const number = format === 'epoch_seconds' ? Math.floor(time / 1000) : time;
  return seed % 5 === 1 ? `${number}` : number;
}
