// The parts of the CDK in use. Importing its index would load twice as much: destinations, and a YAML schema reader.
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
