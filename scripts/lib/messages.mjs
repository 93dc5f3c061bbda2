// What the connector printed.

/** The messages of a command's output. Throws when a line is not JSON. */
export const messagesOf = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** The last state of each stream, as the next sync wants them. */
export function statesOf(messages) {
  const states = new Map();
  for (const { state } of messages) if (state) states.set(state.stream.stream_descriptor.name, state);
  return [...states.values()];
}

/** How many records of each stream there are. */
export function countsOf(messages) {
  const counts = {};
  for (const { record } of messages) if (record) counts[record.stream] = (counts[record.stream] ?? 0) + 1;
  return counts;
}
