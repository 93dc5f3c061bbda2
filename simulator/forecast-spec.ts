/** A user of an organization: one per role, so a person who changed roles appears twice. */
export interface OwnerSpec {
  /** `<Clari user id>:<Salesforce role id>`. */
  readonly userId: string;
  readonly crmId: string;
  readonly email: string;
  readonly name: string;
  readonly hierarchyId: string;
  readonly hierarchyName: string;
  /** Null at the top. */
  readonly parentHierarchyId: string | null;
  readonly parentHierarchyName: string | null;
  readonly userType: 'MGR' | 'REP';
}

export interface FieldSpec {
  readonly fieldId: string;
  readonly fieldName: string;
  readonly fieldType: 'forecast' | 'quota' | 'adjustment';
}

export interface Currency {
  readonly code: string;
  readonly symbol: string;
}

/** A Forecast Tab. */
export interface ForecastSpec {
  readonly forecastId: string;
  /** Identifies the forecast in the listed contract's paths. */
  readonly forecastName: string;
  /** `month`: its answers hold months, even though a quarter is requested. Default `quarter`. */
  readonly periodType?: 'quarter' | 'month';
  /** A number invents that many. Default: four userIds belonging to three people. */
  readonly owners?: number | readonly OwnerSpec[];
  /** A number invents that many forecast fields. Default: two forecast fields, one adjustment, one quota. */
  readonly fields?: number | readonly FieldSpec[];
  /** For large exports: how many weeks a historical export has; default: as many as the quarter has had so far. */
  readonly weeks?: number;
  /** `false`: the key's user isn't opted in, 401 `no_optin`. */
  readonly optIn?: boolean;
  /** `false`: requesting crm_total or crm_closed is a 400 `type_not_supported`. */
  readonly supportsCrmTypes?: boolean;
  /** Never any entries, though the answer names its period. */
  readonly empty?: boolean;
  /** Default US dollars. */
  readonly currency?: Currency;
  /** Counts, not money: whole numbers, no `currency` on the entries. */
  readonly countForecast?: boolean;
  /** Includes entries of a user who isn't in `users`. */
  readonly unknownUsers?: boolean;
  /** Each entry has an unknown key, `futureKey`. */
  readonly futureKey?: boolean;
  /** Users in `users` without entries, every third a manager. Default 0. */
  readonly idleUsers?: number;
  /** Fields in `fields` without entries. Default 0. */
  readonly emptyFields?: number;
  /** Listed: how many more times the list shows it. Default 0. */
  readonly duplicates?: number;
  /** What the list shows for it; default the newest `listedPeriods`. */
  readonly timePeriods?: readonly string[];
}
