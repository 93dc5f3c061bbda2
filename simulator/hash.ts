/**
 * A 32-bit hash (FNV-1a with a final mix): the same text always gives the same number, similar texts give unrelated
 * ones.
 */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** `length` hexadecimal digits derived only from `text`. */
export function hexOf(text: string, length: number): string {
  let digits = '';
  for (let round = 0; digits.length < length; round++) digits += hash(`${round}:${text}`).toString(16).padStart(8, '0');
  return digits.slice(0, length);
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** An 18-character Salesforce-like id that begins with `prefix`, derived only from `prefix` and `text`. */
export function crmIdOf(prefix: string, text: string): string {
  let tail = '';
  for (let round = 0; prefix.length + tail.length < 15; round++) {
    tail += LETTERS.charAt(hash(`${prefix}:${round}:${text}`) % LETTERS.length);
  }
  return `${prefix}${tail}AAK`.slice(0, 18);
}

/** The same items in an order that looks random but is derived only from `key` and `salt`. */
export function shuffled<T>(items: readonly T[], key: (item: T) => string, salt = ''): T[] {
  return [...items].sort((a, b) => hash(salt + key(a)) - hash(salt + key(b)));
}
