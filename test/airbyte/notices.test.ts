import { expect, it } from 'vitest';
import { errorMessage, statusMessage } from '../../src/airbyte/messages';
import { plainWords } from '../../src/airbyte/notices';
import { SyncError } from '../../src/airbyte/stream';

const log = (level: string) => ({ type: 'LOG', log: { level, message: 'the text' } });
const refused = new SyncError('It was refused.', { failureType: 'config_error', internalMessage: 'HTTP 403' });

it.each([
  ['a warning', log('WARN'), 'warning: the text'],
  ['an error', log('ERROR'), 'error: the text'],
  ['a log line of another level', log('INFO'), undefined],
  ['a failure of a stream', errorMessage(refused, 1, 'activities'), 'error (activities): It was refused.'],
  ['a failure of everything', errorMessage(refused, 1), 'error: It was refused.'],
  ['a status', statusMessage('activities', 'RUNNING', 1), undefined],
  [
    'a failed check',
    { type: 'CONNECTION_STATUS', connectionStatus: { status: 'FAILED', message: 'It was refused.' } },
    'check failed: It was refused.',
  ],
  ['a good check', { type: 'CONNECTION_STATUS', connectionStatus: { status: 'SUCCEEDED' } }, 'check succeeded'],
])('given %s, then a person at a terminal reads what matters of it', (_, message, words) => {
  expect(plainWords(message)).toBe(words);
});
