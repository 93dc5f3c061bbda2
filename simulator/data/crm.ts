import { DAY_MS, dayOf, timeOf } from '../calendar';
import { crmIdOf, hash, hexOf } from '../hash';

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
  /** Epoch ms; now and then a quoted number, as in the document's example. */
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

/** Activities and opportunities, endless into the past and the same on every look. */
export class CrmData {
  constructor(
    private readonly activitiesPerDay: number,
    private readonly opportunityCount: number,
  ) {}

  /** The activities from `from` to `to` (epoch ms, both included), oldest first. */
  *activities(from: number, to: number, types: readonly string[] = ACTIVITY_TYPES): Generator<Activity> {
    for (let day = timeOf(dayOf(from)); day <= to; day += DAY_MS) {
      for (let index = 0; index < this.activitiesPerDay; index++) {
        const time = day + Math.floor(((index + 0.5) * DAY_MS) / this.activitiesPerDay);
        if (time < from || time > to) continue;
        const activity = this.activity(dayOf(day), index, time);
        if (types.includes(activity.activityType)) yield activity;
      }
    }
  }

  /** Every opportunity there is. */
  opportunities(): Opportunity[] {
    return Array.from({ length: this.opportunityCount }, (_, index) => this.opportunity(index));
  }

  private activity(day: string, index: number, time: number): Activity {
    const seed = hash(`activity|${day}|${index}`);
    const bare = seed % 4 === 0;
    const opportunity = this.opportunityCount === 0 ? undefined : this.opportunity(seed % this.opportunityCount);
    const customer = CUSTOMERS[seed % CUSTOMERS.length] ?? '';
    const activityType = ACTIVITY_TYPES[seed % ACTIVITY_TYPES.length] ?? 'MEETING';
    return {
      activityId: hexOf(`activity|${day}|${index}`, 32),
      activityType,
      subject: `${activityType === 'MEETING' ? 'Kick-off with' : 'Re: pricing for'} ${customer}`,
      date: seed % 5 === 1 ? `${time}` : time,
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
