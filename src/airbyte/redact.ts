/** What a cut secret is replaced by. */
const CUT = '****';

/** A secret shorter than this could stand in a record or a state by chance, and cutting it there would corrupt data. */
const MIN_LENGTH_FOR_DATA = 8;

/** The query of a URL: download URLs carry signatures in it. */
const URL_QUERY = /(https?:\/\/[^\s"'?#<>]+)\?[^\s"'<>]*/g;

/** Cuts secrets out of everything that the connector prints. */
export class Redactor {
  private secrets: string[] = [];
  private readonly dataSecrets: { text: string; bytes: Buffer }[] = [];

  /** Registers a secret, in every form in which it can turn up: as it is, inside JSON, in a URL, in base64. */
  add(secret: string): void {
    if (secret === '') return;
    const forms = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
    ];
    // Longest first: what holds another is cut whole.
    this.secrets = [...new Set([...this.secrets, ...forms])].sort((a, b) => b.length - a.length);
    // In data only what a vendor could echo: each form more is a look at every byte.
    const echoes = forms.slice(0, 2).filter(({ length }) => length >= MIN_LENGTH_FOR_DATA);
    for (const text of new Set(echoes)) this.dataSecrets.push({ text, bytes: Buffer.from(text) });
    this.dataSecrets.sort((a, b) => b.text.length - a.text.length);
  }

  /** A text for people: without secrets and without the queries of URLs. */
  text(text: string): string {
    let redacted = text;
    for (const secret of this.secrets) redacted = redacted.replaceAll(secret, CUT);
    return redacted.replace(URL_QUERY, `$1?${CUT}`);
  }

  /** A copy of a message for people with every text in it redacted; its keys and other values stay. */
  message<T>(value: T): T {
    if (typeof value === 'string') return this.text(value) as T;
    if (Array.isArray(value)) return value.map((item: unknown) => this.message(item)) as T;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.message(item)])) as T;
  }

  /** Lines of data (records, states) with secrets cut out, or the very same bytes when there is none in them. */
  data(lines: Buffer): Buffer {
    if (!this.dataSecrets.some(({ bytes }) => lines.includes(bytes))) return lines;
    let text = lines.toString('utf8');
    for (const secret of this.dataSecrets) text = text.replaceAll(secret.text, CUT);
    return Buffer.from(text);
  }
}
