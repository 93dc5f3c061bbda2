/** What is wrong with an API key, as the end of a sentence; undefined when nothing is. Never quotes the key. */
export function apiKeyProblem(apiKey: unknown): string | undefined {
  if (typeof apiKey !== 'string' || apiKey.trim() === '') return 'is missing';
  // Anything else can't be sent in a header. Blanks around it are cut off before: pasted keys often carry a line break.
  if (/[^\x21-\x7e]/.test(apiKey.trim())) {
    return 'must consist of visible ASCII characters without blanks; copy it from Clari again';
  }
  return undefined;
}
