/**
 * A record that is already JSON. For streams of millions of records with much in common, so that the common part is
 * serialized only once.
 */
export class RecordJson {
  constructor(
    readonly text: string,
    /**
     * Columns that are null because the source's value doesn't fit their type; named in the record's `meta.changes`.
     */
    readonly nulled: readonly string[] = [],
  ) {}
}
