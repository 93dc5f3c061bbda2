// The parts of the CDK that run here. Its index loads as much again: the destinations, and a reader of YAML schemas.
export { AirbyteLogger } from 'faros-airbyte-cdk/lib/logger';
export {
  AirbyteCatalogMessage,
  AirbyteConnectionStatus,
  AirbyteConnectionStatusMessage,
  AirbyteLogLevel,
  AirbyteLogLevelOrder,
  AirbyteMessageType,
  AirbyteSpec,
  SyncMode,
} from 'faros-airbyte-cdk/lib/protocol';
export { AirbyteSourceBase } from 'faros-airbyte-cdk/lib/sources/source-base';
export { AirbyteSourceRunner } from 'faros-airbyte-cdk/lib/sources/source-runner';
export { AirbyteStreamBase } from 'faros-airbyte-cdk/lib/sources/streams/stream-base';
