import Ajv from 'ajv';
import { describeAjvErrors } from '../../../src/airbyte/validation';
import type { AcceptanceConfig, Bypassed } from './acceptance-config';
import type { DiscoveredStream } from './catalogs';

const text = { type: 'string', minLength: 1 };
/** A check that may be named, and never switched off. */
const on = { const: true };
const list = (items: object) => ({ type: 'array', items });
const object = (properties: Record<string, object>, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
/** Strictness high wants a reason for everything that is left out. */
const bypassed = list(object({ name: text, bypass_reason: text }, ['name', 'bypass_reason']));
const version = { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$' };
const backwardCompatibility = object({ disable_for_version: version });
const section = (properties: Record<string, object>, required: readonly string[] = []) =>
  object(
    {
      tests: {
        ...list(object({ config_path: text, ...properties }, ['config_path', ...required])),
        minItems: 1,
      },
    },
    ['tests'],
  );

/**
 * What acceptance-test-config.yml may hold. Airbyte's suite refuses keys that it doesn't know; this one also refuses those that it would not
 * act on, so that nothing in the file is without effect. Here no section is bypassed and no check is switched off.
 */
const SCHEMA = object(
  {
    connector_image: text,
    test_strictness_level: { const: 'high' },
    acceptance_tests: object(
      {
        spec: section({ spec_path: text, backward_compatibility_tests_config: backwardCompatibility }, ['spec_path']),
        connection: section({ status: { enum: ['succeed', 'failed', 'exception'] } }, ['status']),
        discovery: section({
          backward_compatibility_tests_config: backwardCompatibility,
          validate_primary_keys_data_type: on,
        }),
        basic_read: section(
          {
            empty_streams: bypassed,
            expect_records: object({ path: text, exact_order: { type: 'boolean' } }, ['path']),
            validate_schema: on,
            validate_stream_statuses: on,
            validate_state_messages: on,
            validate_primary_keys_data_type: on,
            fail_on_extra_columns: on,
          },
          ['expect_records', 'validate_stream_statuses'],
        ),
        full_refresh: section({
          configured_catalog_path: text,
          ignored_fields: { type: 'object', additionalProperties: bypassed },
        }),
        incremental: section(
          {
            configured_catalog_path: text,
            future_state: object(
              {
                future_state_path: text,
                missing_streams: bypassed,
                cursor_format: object({
                  format: text,
                  streams: list(object({ name: text, format: text }, ['name', 'format'])),
                }),
              },
              ['future_state_path'],
            ),
          },
          ['future_state'],
        ),
        connector_attributes: section({ streams_without_primary_key: bypassed }),
      },
      ['spec', 'connection', 'discovery', 'basic_read', 'full_refresh', 'incremental', 'connector_attributes'],
    ),
  },
  ['connector_image', 'test_strictness_level', 'acceptance_tests'],
);

/** What the file's keys and values break, each as `path: what is wrong`. */
export function configProblems(config: unknown): string[] {
  const valid = new Ajv({ allErrors: true }).compile<AcceptanceConfig>(SCHEMA);
  if (!valid(config)) return describeAjvErrors(valid.errors ?? []);
  const expectations = new Map<string, Set<string>>();
  for (const { config_path, status } of config.acceptance_tests.connection.tests)
    expectations.set(config_path, new Set([...(expectations.get(config_path) ?? []), status]));
  return [...expectations].flatMap(([path, statuses]) =>
    statuses.size > 1 ? [`acceptance_tests.connection: two statuses are expected of ${path}`] : [],
  );
}

/** The streams that a file would have to hold and doesn't, nor are they excused: the incremental ones alone, or all. */
export function missingStreams(
  discovered: readonly DiscoveredStream[],
  present: readonly string[],
  excused: readonly Bypassed[] = [],
  { incrementalOnly = false } = {},
): string[] {
  const known = new Set([...present, ...excused.map(({ name }) => name)]);
  return discovered
    .filter(({ supported_sync_modes: modes }) => !incrementalOnly || modes.includes('incremental'))
    .map(({ name }) => name)
    .filter((name) => !known.has(name));
}
