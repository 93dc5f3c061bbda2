/** Numbers as a report may hold them: too coarse to be recognized. */

/** A count as a range: `0`, `1`, `2-9`, `10-99`, `100-999`, … */
export function countRange(count: number): string {
  if (count < 2) return String(Math.max(0, Math.trunc(count)));
  const low = 10 ** Math.floor(Math.log10(count));
  return `${Math.max(2, low)}-${low * 10 - 1}`;
}

/** A range that holds both numbers. */
export const countRanges = (least: number, most: number): string => {
  const [from, to] = [countRange(least), countRange(most)];
  return from === to ? from : `${from.split('-')[0]}-${to.split('-').at(-1)}`;
};

/** To one significant digit. */
export function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0;
  const unit = 10 ** Math.floor(Math.log10(Math.abs(value)));
  return Math.round(Math.round(value / unit) * unit * 1000) / 1000;
}

/** A duration, to one significant digit; anything below 100 ms is just that. */
export function duration(ms: number): string {
  if (ms < 100) return 'under 100 ms';
  return ms < 950 ? `about ${rounded(ms)} ms` : `about ${rounded(ms / 1000)} s`;
}

/** A size, to one significant digit. */
export function size(bytes: number): string {
  if (bytes < 1000) return 'under 1 kB';
  return bytes < 950_000 ? `about ${rounded(bytes / 1000)} kB` : `about ${rounded(bytes / 1e6)} MB`;
}
