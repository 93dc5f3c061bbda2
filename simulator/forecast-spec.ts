/** A user as an organization has it: one per role, so a person who changed roles is there twice. */
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
  /** The path key of the listed contract. */
  readonly forecastName: string;
  /** `month`: its answers hold months, though a quarter is asked for. Default `quarter`. */
  readonly periodType?: 'quarter' | 'month';
  /** A number invents that many. Default: four userIds of three people. */
  readonly owners?: number | readonly OwnerSpec[];
  /** A number invents that many of type `forecast`. Default: two forecast fields, one adjustment, one quota. */
  readonly fields?: number | readonly FieldSpec[];
  /** For large exports: how many weeks a historical export holds; default: as many as the quarter has had. */
  readonly weeks?: number;
  /** `false`: the key's user isn't opted in, 401 `no_optin`. */
  readonly optIn?: boolean;
  /** `false`: asking for crm_total or crm_closed is a 400 `type_not_supported`. */
  readonly supportsCrmTypes?: boolean;
  /** No entries ever, though the answer names its period. */
  readonly empty?: boolean;
  /** Default US dollars. */
  readonly currency?: Currency;
  /** Counts, not money: whole numbers, no `currency` on the entries. */
  readonly countForecast?: boolean;
  /** Entries of a user that `users` doesn't hold. */
  readonly unknownUsers?: boolean;
  /** Each entry carries a key `futureKey` that nobody has heard of. */
  readonly futureKey?: boolean;
  /** Users that stand in `users` without any entry, every third of them a manager. Default 0. */
  readonly idleUsers?: number;
  /** Fields that stand in `fields` without any entry. Default 0. */
  readonly emptyFields?: number;
  /** Listed: how many more times the list shows it. Default 0. */
  readonly duplicates?: number;
  /** What the list shows for it; default the newest `listedPeriods`. */
  readonly timePeriods?: readonly string[];
}
