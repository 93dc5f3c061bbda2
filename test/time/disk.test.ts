import { afterEach, expect, it, vi } from 'vitest';
import { SpooledDocument } from '../../src/exports/document';
import { Organization } from './organization';

const MAX_ON_DISK = 3;
const FORECASTS = ['a', 'b', 'c', 'd', 'e', 'f'];

afterEach(() => {
  vi.restoreAllMocks();
});

it.each(['export', 'direct'])(
  'given more results than may be on disk, read by %s, then no more than that are, and none stays',
  async (read_method) => {
    let onDisk = 0;
    let most = 0;
    const spool = SpooledDocument.spool.bind(SpooledDocument);
    vi.spyOn(SpooledDocument, 'spool').mockImplementation(async (...args) => {
      const document = await spool(...args);
      most = Math.max(most, ++onDisk);
      const dispose = document.dispose.bind(document);
      let isGone = false;
      vi.spyOn(document, 'dispose').mockImplementation(async () => {
        if (!isGone) onDisk--;
        isGone = true;
        await dispose();
      });
      return document;
    });
    const organization = await Organization.start(
      { forecasts: FORECASTS.map((id) => ({ forecastId: id, forecastName: id })), concurrentLimit: 6 },
      '2026-11-23T08:00:00Z',
    );
    // A quarter that has ended and settled: its direct answer is followed by its export.
    const config = { forecast_ids: FORECASTS, read_method, start_period: '2027_Q3', end_period: '2027_Q3' };
    const { errors } = await organization.sync({ config });
    await organization.simulator.close();
    expect(errors).toEqual([]);
    expect([most <= MAX_ON_DISK, onDisk]).toEqual([true, 0]);
  },
);
