/** What replaces a secret. */
const CUT = '****';

/** A shorter secret may occur in a record by coincidence; cutting it there would corrupt data. */
const MIN_LENGTH_IN_RECORDS = 8;
/** A shorter piece of base64, or a shorter query value, may occur in any sentence by coincidence. */
const MIN_LENGTH_OF_PARTS = 8;
/** How many URLs to remember query values for: older ones have expired, and every text is searched for each. */
const MAX_URLS = 100;

/** The message fields that hold text for people. All others hold protocol keywords, names and numbers. */
const TEXT_FIELDS = new Set(['message', 'internal_message', 'stack_trace']);

/**
 * Matches the query of a URL, since download URLs carry signatures there: of an absolute URL, a relative one
 * (`/x.json?sig=…`), one whose `?` is escaped as in JSON, or one that is itself encoded (once or more).
 */
const URL_QUERIES = [
  /(https?:\/\/[^\s"'?#<>]+)\?[^\s"'<>]*/gi,
  /([\w/.~%-])(?:\?|\\u003f)[\w.~%[\]-]+=[^\s"'<>]*/gi,
  /(%(?:25)*2F[^\s"'<>?]*?)%(?:25)*3F[^\s"'<>]*?%(?:25)*3D[^\s"'<>]*/gi,
];

const RECORD_LINE = Buffer.from('{"type":"RECORD"');

/** Cuts secrets out of everything the connector prints. */
export class Redactor {
  private forms: string[] = [];
  /** What to search the bytes of records for: each secret as it is and as JSON spells it. */
  private readonly inRecords: { text: string; bytes: Buffer }[] = [];
  private readonly urls: string[][] = [];
  private formsOfUrls: string[] = [];

  /** Registers a secret in every form it can take: as it is, and as JSON, URLs, HTML and base64 spell it. */
  add(secret: string): void {
    if (secret === '') return;
    const json = JSON.stringify(secret).slice(1, -1);
    const twice = JSON.stringify(json).slice(1, -1);
    this.forms = longestFirst([
      ...this.forms,
      secret,
      json,
      twice,
      html(secret),
      ...urlForms(secret),
      ...base64(secret),
    ]);
    for (const text of new Set([secret, json])) {
      if (text.length >= MIN_LENGTH_IN_RECORDS) this.inRecords.push({ text, bytes: Buffer.from(text) });
    }
    this.inRecords.sort((a, b) => b.text.length - a.text.length);
  }

  /**
   * Registers each query value of a signed URL as a separate secret: a host may repeat a signature without the URL.
   * `url` may be absolute or relative; anything that isn't a URL is ignored. The last 100 URLs are remembered.
   */
  addUrl(url: string): void {
    const query = url.includes('?') ? url.slice(url.indexOf('?') + 1).replace(/#.*$/s, '') : '';
    const raw = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
    const values = [...raw, ...new URLSearchParams(query).values()].filter(
      ({ length }) => length >= MIN_LENGTH_OF_PARTS,
    );
    if (values.length === 0) return;
    this.urls.push(values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1), ...urlForms(value)]));
    if (this.urls.length > MAX_URLS) this.urls.shift();
    this.formsOfUrls = longestFirst(this.urls.flat());
  }

  /** A text for people, without secrets or URL queries. */
  text(text: string): string {
    let redacted = text;
    for (const form of this.forms) redacted = redacted.replaceAll(form, CUT);
    for (const form of this.formsOfUrls) redacted = redacted.replaceAll(form, CUT);
    for (const query of URL_QUERIES) redacted = redacted.replace(query, `$1?${CUT}`);
    return redacted;
  }

  /** A copy of a log line, error or status with its text for people redacted; everything else stays as it is. */
  message<T>(value: T): T {
    if (Array.isArray(value)) return value.map((item: unknown) => this.message(item)) as T;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        typeof item === 'string' && TEXT_FIELDS.has(name) ? this.text(item) : this.message(item),
      ]),
    ) as T;
  }

  /** A copy of a JSON document with every text in it redacted, names included. */
  document(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item: unknown) => this.document(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [this.text(name), this.document(item)]));
  }

  /**
   * Whole lines with secrets cut out of records, or the very same bytes if there are none. Only the insides of JSON
   * strings are cut, so a line stays JSON whatever the secret is. Column names stay, since they are ours. STATE lines
   * stay too: they hold ids, which the next sync needs unchanged, and no text from the vendor.
   */
  data(lines: Buffer): Buffer {
    if (!this.inRecords.some(({ bytes }) => lines.includes(bytes))) return lines;
    const redacted: Buffer[] = [];
    for (let start = 0; start < lines.length; ) {
      const newline = lines.indexOf(0x0a, start);
      const end = newline === -1 ? lines.length : newline + 1;
      redacted.push(this.line(lines.subarray(start, end)));
      start = end;
    }
    return Buffer.concat(redacted);
  }

  private line(line: Buffer): Buffer {
    const isRecord = line.subarray(0, RECORD_LINE.length).equals(RECORD_LINE);
    if (!isRecord || !this.inRecords.some(({ bytes }) => line.includes(bytes))) return line;
    const text = line.toString('utf8');
    const data = text.indexOf('"data":') + '"data":'.length;
    let redacted = '';
    let copied = 0;
    let depth = 0;
    let walked = data;
    for (const [start, end] of stringsOf(text, data)) {
      depth += bracketsOpened(text.slice(walked, start));
      walked = end;
      // A string before a colon is a name; at the top level of the data, a column name, which is ours.
      if (depth <= 1 && /^\s*:/.test(text.slice(end, end + 2))) continue;
      const string = text.slice(start, end);
      const value = JSON.parse(string) as string;
      let without = value;
      for (const secret of this.inRecords) without = without.replaceAll(secret.text, CUT);
      if (without === value) continue;
      redacted += text.slice(copied, start) + JSON.stringify(without);
      copied = end;
    }
    return Buffer.from(redacted + text.slice(copied));
  }
}

/**
 * Where the strings of a JSON text begin and end, quotes included. Not a regular expression, which would overflow on
 * long strings.
 */
function* stringsOf(json: string, from: number): Generator<[start: number, end: number]> {
  for (let start = json.indexOf('"', from); start !== -1; ) {
    let end = json.indexOf('"', start + 1);
    while (end !== -1 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
    if (end === -1) return;
    yield [start, end + 1];
    start = json.indexOf('"', end + 1);
  }
}

/** How many more brackets open than close in `json`, the part of a JSON text between two strings. */
function bracketsOpened(json: string): number {
  let opened = 0;
  for (const character of json) {
    if (character === '{' || character === '[') opened++;
    else if (character === '}' || character === ']') opened--;
  }
  return opened;
}

function isEscaped(json: string, position: number): boolean {
  let backslashes = 0;
  while (json[position - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

/** Longest first, so that a secret that contains another is cut whole. */
const longestFirst = (forms: readonly string[]): string[] =>
  [...new Set(forms)].filter(({ length }) => length > 0).sort((a, b) => b.length - a.length);

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const html = (text: string): string => text.replace(/[&<>"']/g, (character) => HTML[character] ?? character);

/** As paths, queries and forms spell it, with hex digits in either case. */
function urlForms(text: string): string[] {
  // A lone surrogate can't be encoded.
  const whole = Buffer.from(text).toString('utf8');
  const forms = [encodeURIComponent(whole), encodeURI(whole), new URLSearchParams({ '': whole }).toString().slice(1)];
  return forms.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

/**
 * In base64 and base64url, padded or not, by itself or inside a longer text (`user:secret`), where it may start at any
 * of 3 offsets.
 */
function base64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = [bytes.toString('base64'), bytes.toString('base64url')];
  for (let offset = 0; offset < 3; offset++) {
    // The first and last characters depend on the neighboring bytes too.
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64url');
    const partial = (offset + bytes.length) % 3 === 0 ? 0 : 1;
    const part = text.slice([0, 2, 3][offset], text.length - partial);
    if (part.length < MIN_LENGTH_OF_PARTS) continue;
    forms.push(part, part.replaceAll('-', '+').replaceAll('_', '/'));
  }
  return forms;
}
