/** What a terminal needs from stderr. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Used when a terminal doesn't say how wide it is. */
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\x1b[K';
/** Everything that moves the cursor or changes a color. Texts may come from the vendor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
const CONTROL = /[\x00-\x1f\x7f-\x9f]+/g;

/**
 * The user's terminal, on stderr: lines of text, and below them one live line that is continually rewritten. The live
 * line never wraps, and text lines never break into it.
 */
export class Terminal {
  private live = '';

  private constructor(
    private readonly stream: TerminalStream,
    /** Whether it understands escapes; if not, there is no live line. */
    readonly hasLiveLine: boolean,
  ) {}

  /** Undefined if `stream` isn't a terminal. `NO_COLOR` and `TERM=dumb` are respected: no escape is written. */
  static on(stream: TerminalStream, env: NodeJS.ProcessEnv): Terminal | undefined {
    if (stream.isTTY !== true) return undefined;
    return new Terminal(stream, env['TERM'] !== 'dumb' && !env['NO_COLOR']);
  }

  /**
   * How many characters fit on a line; the last column stays free, since some terminals wrap as soon as it is filled.
   */
  get width(): number {
    return Math.max(1, (this.stream.columns || DEFAULT_COLUMNS) - 1);
  }

  /** Prints a line of text above the live line. */
  line(text: string): void {
    this.hide();
    this.stream.write(`${text.replace(CONTROL, ' ')}\n`);
    this.show();
  }

  /** Shows a text as the live line, cut to the terminal's width. */
  setLive(text: string): void {
    this.live = text.slice(0, this.width);
    if (this.hasLiveLine) this.stream.write(`${CLEAR_LINE}${this.live}`);
  }

  /** Ends the live line and leaves its text on screen. */
  endLive(): void {
    if (this.hasLiveLine && this.live !== '') this.stream.write('\n');
    this.live = '';
  }

  /** Removes the live line temporarily, so that something else can write to the same terminal. */
  hide(): void {
    if (this.hasLiveLine && this.live !== '') this.stream.write(CLEAR_LINE);
  }

  show(): void {
    if (this.live !== '') this.setLive(this.live);
  }
}
