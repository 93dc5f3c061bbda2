import { hash } from '../hash';

/** Amounts as a sales organization has them: around a quota, and moving a little from week to week. All follow from names alone. */

/** A quota in the organization's own currency, the same for every forecast. */
export const quotaOf = (owner: string, periodId: string): number =>
  150_000 + (hash(`${owner}|${periodId}|quota`) % 61) * 5_000;

/** What an owner calls in a forecast for a period: between 60 and 120 % of the quota. */
export const callOf = (forecastId: string, owner: string, periodId: string): number =>
  Math.round((quotaOf(owner, periodId) * (60 + (hash(`${forecastId}|${periodId}|${owner}`) % 61))) / 100);

/** The same in one week and field: up to 8 % to either side, and the more the further down the field (commit, best case, …); with cents. */
export const weeklyCallOf = (call: number, seed: number, fieldIndex: number): number =>
  Math.round(call * (1 + 0.25 * (fieldIndex % 4)) * (92 + (seed % 17))) / 100;
