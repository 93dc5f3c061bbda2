/**
 * A record that is JSON already. For streams of millions of records that have much in common, which needs turning into
 * text only once.
 */
export class RecordJson {
  constructor(
    readonly text: string,
    /**
     * The columns that are null because the source's value doesn't fit their type; the record's `meta.changes` names
     * them.
     */
    readonly nulled: readonly string[] = [],
  ) {}
}
