import { hash } from '../hash';

export const HOUR_MS = 3_600_000;

/** Which records become visible late, and by how much: the options of the same names. */
export interface Lateness {
  readonly lateHours: number;
  readonly lateEvery: number;
}

/** Whether that record is one that becomes visible only `lateHours` after its date. */
export const isLate = ({ lateHours, lateEvery }: Lateness, id: string): boolean =>
  lateHours > 0 && isEveryNth(lateEvery, `late|${id}`);

/** One in `n`, chosen by name; none for 0. */
export const isEveryNth = (n: number, name: string): boolean => n > 0 && hash(name) % n === 0;

/** When a record with that date and id becomes visible, epoch ms. */
export const visibleFrom = (lateness: Lateness, id: string, time: number): number =>
  isLate(lateness, id) ? time + lateness.lateHours * HOUR_MS : time;
