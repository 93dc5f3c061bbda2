import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

/** The repository's root, which the paths in acceptance-test-config.yml are relative to. */
export const REPOSITORY = resolve(__dirname, '..', '..', '..');

/** A name that is left out of a check, and why. */
export interface Bypassed {
  readonly name: string;
  readonly bypass_reason?: string;
}

/** What a test has to say of where its configuration is. */
interface Configured {
  readonly config_path: string;
}

export interface SpecTest extends Configured {
  readonly spec_path: string;
}

export interface ConnectionTest extends Configured {
  readonly status: 'succeed' | 'failed' | 'exception';
}

export interface BasicReadTest extends Configured {
  readonly empty_streams?: readonly Bypassed[];
  readonly expect_records: { readonly path: string; readonly exact_order?: boolean };
}

export interface FullRefreshTest extends Configured {
  readonly configured_catalog_path?: string;
  readonly ignored_fields?: Readonly<Record<string, readonly Bypassed[]>>;
}

/** A pattern for cursors: of every stream, and of those that are named. */
export interface CursorFormat {
  readonly format?: string;
  readonly streams?: readonly { readonly name: string; readonly format: string }[];
}

export interface FutureState {
  readonly future_state_path: string;
  readonly missing_streams?: readonly Bypassed[];
  readonly cursor_format?: CursorFormat;
}

export interface IncrementalTest extends Configured {
  readonly configured_catalog_path?: string;
  readonly future_state: FutureState;
}

export interface ConnectorAttributesTest extends Configured {
  readonly streams_without_primary_key?: readonly Bypassed[];
}

interface Section<Test> {
  readonly tests: readonly Test[];
}

/** acceptance-test-config.yml, as far as this suite acts on it; `config-rules.ts` refuses every other key. */
export interface AcceptanceConfig {
  readonly connector_image: string;
  readonly test_strictness_level: string;
  readonly acceptance_tests: {
    readonly spec: Section<SpecTest>;
    readonly connection: Section<ConnectionTest>;
    readonly discovery: Section<Configured>;
    readonly basic_read: Section<BasicReadTest>;
    readonly full_refresh: Section<FullRefreshTest>;
    readonly incremental: Section<IncrementalTest>;
    readonly connector_attributes: Section<ConnectorAttributesTest>;
  };
}

/** A text file of the repository. */
export const readText = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');

/** A JSON file of the repository. The caller knows its shape. */
export const readJsonFile = <T>(path: string): T => JSON.parse(readText(path)) as T;

/** acceptance-test-config.yml as it stands, whatever is in it. */
export const readAcceptanceConfig = (): AcceptanceConfig => parse(readText('acceptance-test-config.yml'));

/** Every section's tests. */
export const { acceptance_tests: sections } = readAcceptanceConfig();

/** What differs from one read to the next, by stream: the ignored fields of every full_refresh test. */
export function ignoredFields(tests: readonly FullRefreshTest[] = sections.full_refresh.tests): Map<string, string[]> {
  const byStream = new Map<string, string[]>();
  for (const { ignored_fields = {} } of tests) {
    for (const [stream, fields] of Object.entries(ignored_fields))
      byStream.set(stream, [...(byStream.get(stream) ?? []), ...fields.map(({ name }) => name)]);
  }
  return byStream;
}
