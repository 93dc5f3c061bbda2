// (c) The same rows through the framework's stock runner: console.log for each message, without waiting for the reader.
const { AirbyteLogger, AirbyteSourceBase, AirbyteSourceRunner, AirbyteStreamBase } = require('faros-airbyte-cdk');
const { rowsOf } = require('./rows.cjs');

const [, , file, ...argv] = process.argv;

class Entries extends AirbyteStreamBase {
  name = 'forecast_entries';
  primaryKey = undefined;
  getJsonSchema = () => ({});
  async *readRecords() {
    yield* rowsOf(file);
  }
}
class Source extends AirbyteSourceBase {
  spec = async () => ({ spec: { connectionSpecification: {} } });
  checkConnection = async () => [true, undefined];
  streams = () => [new Entries(this.logger)];
}

const logger = new AirbyteLogger();
void new AirbyteSourceRunner(logger, new Source(logger))
  .mainCommand()
  .parseAsync([process.argv[0], 'stock-cdk', ...argv]);
