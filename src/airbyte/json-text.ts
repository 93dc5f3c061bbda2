const BLANK = /[ \t\n\r]*/y;
const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside strings
  /([{}[\],:])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may come next: `value or ]` only right after `[`, `key or }` only right after `{`. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing';

/**
 * Where and why a text is not JSON, without quoting it: it may hold secrets. `JSON.parse` gives no position for many
 * mistakes, and quotes the text.
 */
export function describeJsonError(text: string): string {
  if (text.trim() === '') return 'it is empty';
  if (looksLikeYaml(text)) return 'it looks like YAML';
  const { offset, expected } = jsonError(text);
  const before = text.slice(0, offset).split('\n');
  const where = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  if (offset >= text.trimEnd().length) return `it breaks off at ${where}`;
  return `the mistake is at ${where}${hint(text[offset], expected)}`;
}

function hint(character: string | undefined, expected: Expected): string {
  if (character === "'") return ' (strings need double quotes)';
  if (character === '/' || character === '#') return ' (JSON has no comments)';
  if ((character === '}' && expected === 'key') || (character === ']' && expected === 'value'))
    return ' (an extra comma)';
  if (character === '"' && expected === ', or end') return ' (a comma is missing before it)';
  return '';
}

const looksLikeYaml = (text: string): boolean => {
  const [first] = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  return first !== undefined && /^(---|- |[\w-]+:(\s|$))/.test(first);
};

/** The first place where no continuation could make the text JSON. */
function jsonError(text: string): { offset: number; expected: Expected } {
  const open: string[] = [];
  let expected: Expected = 'value';
  for (let offset = 0; ; ) {
    BLANK.lastIndex = offset;
    offset += BLANK.exec(text)?.[0].length ?? 0;
    TOKEN.lastIndex = offset;
    const [token, mark, string] = TOKEN.exec(text) ?? [];
    const next: Expected | undefined =
      token === undefined ? undefined : after(expected, mark ?? (string === undefined ? 'other' : 'string'), open);
    if (token === undefined || next === undefined) return { offset, expected };
    expected = next;
    offset += token.length;
  }
}

/**
 * What may follow a token; undefined when the token itself isn't allowed there. Updates `open`, the stack of open
 * brackets.
 */
function after(expected: Expected, token: string, open: string[]): Expected | undefined {
  const afterValue = (): Expected => (open.length > 0 ? ', or end' : 'nothing');
  const close = (): Expected => {
    open.pop();
    return afterValue();
  };
  switch (expected) {
    case 'value':
    case 'value or ]':
      if (token === '{' || token === '[') {
        open.push(token);
        return token === '{' ? 'key or }' : 'value or ]';
      }
      if (token === ']' && expected === 'value or ]') return close();
      return token === 'string' || token === 'other' ? afterValue() : undefined;
    case 'key':
    case 'key or }':
      if (token === '}' && expected === 'key or }') return close();
      return token === 'string' ? ':' : undefined;
    case ':':
      return token === ':' ? 'value' : undefined;
    case ', or end': {
      const isObject = open.at(-1) === '{';
      if (token === ',') return isObject ? 'key' : 'value';
      return token === (isObject ? '}' : ']') ? close() : undefined;
    }
    case 'nothing':
      return undefined;
  }
}
