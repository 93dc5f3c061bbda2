export type { FiscalPeriod, TimeFrame } from './calendar';
export { DAY_MS, FiscalCalendar } from './calendar';
export type { Actor, AuditEvent } from './data/audit';
export type { Activity, Opportunity } from './data/crm';
export type { ExportType } from './data/forecast-request';
export type { Entry, ForecastUser, TimePeriod } from './data/forecast-results';
export type { ListedEntry } from './data/listed-results';
export type { Fault, FaultAction, FaultMatch, FaultPlan, JobMatch, JobOutcome, NotResults } from './faults';
export type { SimulatedJob } from './jobs';
export type {
  Contract,
  FieldSpec,
  ForecastSpec,
  ForeignJobSpec,
  OwnerSpec,
  SimulatorOptions,
  UnknownJobAnswer,
} from './options';
export { SIMULATOR_KEY } from './options';
export { type Simulator, startSimulator } from './server';
export type { ForecastArrays, Moment, Truth, TruthOptions } from './truth';
export type { RecordedRequest } from './world';
