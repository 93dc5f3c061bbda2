// Reads what the connector printed.

/** The messages in a command's output. Throws when a line isn't JSON. */
export const messagesOf = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** The last state of each stream, in the form the next sync takes. */
export function statesOf(messages) {
  const states = new Map();
  for (const { state } of messages) if (state) states.set(state.stream.stream_descriptor.name, state);
  return [...states.values()];
}

/** How many records each stream has. */
export function countsOf(messages) {
  const counts = {};
  for (const { record } of messages) if (record) counts[record.stream] = (counts[record.stream] ?? 0) + 1;
  return counts;
}
