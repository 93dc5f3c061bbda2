// What must not change between releases, since existing connections outlive them. Configurations, states and tables
// must keep working, so the specification and schemas may only grow.

/** Keywords that make a schema narrower as they grow, then those that do as they shrink. */
const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];
const EXACT = ['pattern', 'format', 'const', 'airbyte_type', 'airbyte_secret'];

const typesOf = ({ type }) => (type === undefined ? [] : [type].flat());

/** What the released specification accepted and the current one refuses or lacks, each as `path: what is wrong`. */
exports.specProblems = function specProblems(released, current) {
  return schemaProblems(released.connectionSpecification, current.connectionSpecification, 'spec', {
    // More types accept more configurations.
    typeProblem: (before, after) => before.some((type) => !after.includes(type)),
  });
};

/** What the current catalog lacks or changes in the released one's streams, each as `path: what is wrong`. */
exports.catalogProblems = function catalogProblems(released, current) {
  const streams = new Map(current.streams.map((stream) => [stream.name, stream]));
  return released.streams.flatMap((before) => {
    const after = streams.get(before.name);
    if (after === undefined) return [`${before.name}: the stream is gone`];
    const changed = ['source_defined_primary_key', 'default_cursor_field', 'namespace'].filter(
      (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
    );
    const modes = before.supported_sync_modes.filter((mode) => !after.supported_sync_modes.includes(mode));
    return [
      ...changed.map((key) => `${before.name}: ${key} has changed`),
      ...modes.map((mode) => `${before.name}: can no longer be read in ${mode}`),
      ...schemaProblems(before.json_schema, after.json_schema, before.name, {
        // Tables already have columns of these types: only "null" may be added.
        typeProblem: (types, now) =>
          types.some((type) => !now.includes(type)) || now.some((type) => type !== 'null' && !types.includes(type)),
      }),
    ];
  });
};

function schemaProblems(before, after, path, rules) {
  const problems = [];
  const tell = (what) => problems.push(`${path}: ${what}`);
  if (rules.typeProblem(typesOf(before), typesOf(after)))
    tell(`type was ${typesOf(before).join(', ')} and is ${typesOf(after).join(', ') || 'any'}`);
  for (const key of EXACT)
    if (after[key] !== undefined && after[key] !== before[key]) tell(`${key} was ${before[key]} and is ${after[key]}`);
  for (const key of LOWER_BOUNDS) if ((after[key] ?? -Infinity) > (before[key] ?? -Infinity)) tell(`${key} has grown`);
  for (const key of UPPER_BOUNDS) if ((after[key] ?? Infinity) < (before[key] ?? Infinity)) tell(`${key} has shrunk`);
  if (after.uniqueItems === true && before.uniqueItems !== true) tell('uniqueItems is new');
  if (after.enum !== undefined) {
    const gone = before.enum?.filter((value) => !after.enum.includes(value)) ?? ['any other value'];
    if (gone.length > 0) tell(`enum no longer has ${gone.join(', ')}`);
  }
  for (const name of after.required ?? [])
    if (!(before.required ?? []).includes(name)) tell(`${name} is newly required`);
  for (const [name, property] of Object.entries(before.properties ?? {})) {
    const now = after.properties?.[name];
    if (now === undefined) problems.push(`${path}.${name}: is gone`);
    else problems.push(...schemaProblems(property, now, `${path}.${name}`, rules));
  }
  if (isSchema(before.items) && isSchema(after.items))
    problems.push(...schemaProblems(before.items, after.items, `${path}[]`, rules));
  return problems;
}

const isSchema = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
