import { isObject } from '../json';
import { countRanges } from './rounding';
import { holdsWords, isSafeWord, looksLikeName, safeWord } from './words';

/** Written in place of a key that may be data. */
export const HIDDEN_KEY = '<key>';
/** An object with this many keys or more is treated as a map, whose keys are data. */
const MAX_KEYS = 40;
const MAX_DEPTH = 12;
/** Keys whose values may hold anything, with names chosen by the customer: only the type of the value is kept. */
const OPAQUE = new Set(['eventParameters', 'deliveryStatusMap', 'value', 'originalValue', 'oldValue', 'newValue']);

/** What the values in one place have in common. */
interface Node {
  count: number;
  readonly types: Set<string>;
  /** Lengths of the arrays among them. */
  least: number;
  most: number;
  element: Node | undefined;
  objects: number;
  readonly keys: Map<string, Node>;
}

const newNode = (): Node => ({
  count: 0,
  types: new Set(),
  least: Number.POSITIVE_INFINITY,
  most: 0,
  element: undefined,
  objects: 0,
  keys: new Map(),
});

/**
 * Texts that no report may hold. They also decide which keys may be shown: a key that is, or contains, a text that
 * occurs as a value somewhere is data.
 */
export class Secrets {
  private readonly exact = new Set<string>();
  private readonly own: ReadonlySet<string>;

  /** `own`: the texts in the configuration. */
  constructor(own: readonly string[] = []) {
    this.own = new Set(own.map((text) => text.toLowerCase()));
    for (const text of own) this.add(text);
  }

  /** Whether a text is from the configuration. */
  isOwn(text: string): boolean {
    return this.own.has(text.toLowerCase());
  }

  add(text: string): void {
    if (text.length > 1 && !isSafeWord(text)) this.exact.add(text.toLowerCase());
  }

  /** Whether an undocumented name may be shown. */
  mayShow(name: string): boolean {
    if (!looksLikeName(name)) return false;
    const small = name.toLowerCase();
    for (let from = 0; from < small.length; from++) {
      for (let to = from + MIN_PART; to <= small.length; to++) if (this.exact.has(small.slice(from, to))) return false;
    }
    return !this.exact.has(small);
  }
}

/** A shorter value may be part of any name by coincidence. */
const MIN_PART = 4;

/**
 * The shape of what Clari sends: keys, types and counts, never a value. Merges all values added to it. Every text in a
 * value goes to `secrets`.
 */
export class Shape {
  private readonly root = newNode();

  constructor(private readonly secrets: Secrets) {}

  get isEmpty(): boolean {
    return this.root.count === 0;
  }

  add(value: unknown): void {
    this.addTo(this.root, value, '', 0);
  }

  /**
   * One line per place, by its path (`entries[].userId`; the root is `$`): its types, joined by `|`, plus `absent` if
   * some objects lack it. `known`: documented keys, which are always shown.
   */
  lines(known: ReadonlySet<string>): Record<string, string> {
    const lines = new Map<string, string>();
    if (!this.isEmpty) this.render(this.root, '$', known, lines);
    return Object.fromEntries(lines);
  }

  private addTo(node: Node, value: unknown, key: string, depth: number): void {
    node.count++;
    node.types.add(typeOf(value, key));
    if (typeof value === 'string') this.secrets.add(value);
    if (depth === MAX_DEPTH || OPAQUE.has(key)) {
      this.keepTexts(value);
    } else if (Array.isArray(value)) {
      node.least = Math.min(node.least, value.length);
      node.most = Math.max(node.most, value.length);
      if (value.length > 0) node.element ??= newNode();
      for (const item of value) if (node.element !== undefined) this.addTo(node.element, item, key, depth + 1);
    } else if (isObject(value)) {
      node.objects++;
      for (const [name, item] of Object.entries(value)) {
        const shown = looksLikeName(name) && (node.keys.has(name) || node.keys.size < MAX_KEYS) ? name : HIDDEN_KEY;
        const child = node.keys.get(shown) ?? newNode();
        node.keys.set(shown, child);
        this.addTo(child, item, name, depth + 1);
      }
    }
  }

  private keepTexts(value: unknown): void {
    const left = [value];
    for (let next = left.pop(); next !== undefined || left.length > 0; next = left.pop()) {
      if (typeof next === 'string') this.secrets.add(next);
      else if (Array.isArray(next)) for (const item of next) left.push(item);
      else if (isObject(next)) for (const item of Object.values(next)) left.push(item);
    }
  }

  private render(node: Node, path: string, known: ReadonlySet<string>, lines: Map<string, string>, outOf = 0): void {
    const types = [...node.types].map((type) =>
      type === 'array' && node.most >= node.least ? `array of ${countRanges(node.least, node.most)}` : type,
    );
    if (types.includes('number') && types.includes('integer')) types.splice(types.indexOf('integer'), 1);
    lines.set(path, [...types.sort(), ...(node.count < outOf ? ['absent'] : [])].join(' | '));
    if (node.element !== undefined) this.render(node.element, `${path}[]`.replace('$[]', '[]'), known, lines);
    const prefix = path === '$' ? '' : `${path}.`;
    for (const [shown, child] of this.shownKeys(node, known))
      this.render(child, `${prefix}${shown}`, known, lines, node.objects);
  }

  /** The keys of an object as they may be shown; all others are merged into one. */
  private shownKeys(node: Node, known: ReadonlySet<string>): Map<string, Node> {
    const shown = new Map<string, Node>();
    const isMap = node.keys.size >= MAX_KEYS;
    for (const [name, child] of node.keys) {
      const key = known.has(name) || (!isMap && this.secrets.mayShow(name)) ? name : HIDDEN_KEY;
      const before = shown.get(key);
      if (before === undefined) shown.set(key, copyOf(child));
      else merge(before, child);
    }
    return shown;
  }
}

function copyOf(node: Node): Node {
  const copy = newNode();
  merge(copy, node);
  return copy;
}

function merge(into: Node, from: Node): void {
  into.count += from.count;
  for (const type of from.types) into.types.add(type);
  into.least = Math.min(into.least, from.least);
  into.most = Math.max(into.most, from.most);
  into.objects += from.objects;
  if (from.element !== undefined) {
    into.element ??= newNode();
    merge(into.element, from.element);
  }
  for (const [name, child] of from.keys) {
    const known = into.keys.get(name) ?? newNode();
    into.keys.set(name, known);
    merge(known, child);
  }
}

const FORMATS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['string (empty)', /^\s*$/],
  ['string (date)', /^\d{4}-\d\d-\d\d$/],
  ['string (date, month first)', /^\d\d?\/\d\d?\/\d{4}$/],
  ['string (date-time, UTC)', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/],
  ['string (date-time, offset)', /^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:?\d\d$/],
  ['string (date-time)', /^\d{4}-\d\d-\d\d[T ]\d\d:/],
  ['string (epoch ms)', /^1\d{12}$/],
  ['string (number)', /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/],
  ['string (quarter)', /^\d{4}_Q[1-4]$/],
  ['string (month)', /^\d{4}_M\d\d?$/],
  ['string (UUID)', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i],
  ['string (e-mail)', /^[^\s@]+@[^\s@]+\.[^\s@]+$/],
  ['string (URL)', /^https?:\/\//i],
  ['string (JSON)', /^\s*[{[][\s\S]*[}\]]\s*$/],
];

/** From 2001 to 2286. */
const isEpochMs = (value: number): boolean => value >= 1e12 && value < 1e13;

function typeOf(value: unknown, key: string): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return 'number';
    return isEpochMs(value) ? 'integer (epoch ms)' : 'integer';
  }
  if (typeof value !== 'string') return typeof value;
  const format = FORMATS.find(([, pattern]) => pattern.test(value))?.[0];
  return format ?? (holdsWords(key) ? `string: ${safeWord(key, value)}` : 'string');
}
