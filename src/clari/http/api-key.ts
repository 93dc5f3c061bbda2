/** What is wrong with an API key, as the end of a sentence; undefined if nothing is. Never quotes the key. */
export function apiKeyProblem(apiKey: unknown): string | undefined {
  if (typeof apiKey !== 'string' || apiKey.trim() === '') return 'is missing';
  // A header can't carry anything else. Surrounding blanks are trimmed: pasted keys often end in a line break.
  if (/[^\x21-\x7e]/.test(apiKey.trim())) {
    return 'must consist of visible ASCII characters without blanks; copy it from Clari again';
  }
  return undefined;
}
