import type { AirbyteLogLevel, AirbyteMessage } from 'faros-airbyte-cdk';
import { AirbyteLogger, AirbyteLogLevelOrder, AirbyteMessageType } from './cdk';
import type { MessageOutput } from './output';

interface LogMessage extends AirbyteMessage {
  readonly log: { readonly level: AirbyteLogLevel; readonly message: string; readonly stack_trace?: string };
}

/** The CDK's logger, with its lines redacted and in order with all other messages. `LOG_LEVEL` sets the level. */
export class ProtocolLogger extends AirbyteLogger {
  constructor(
    private readonly output: MessageOutput,
    private readonly lowest: AirbyteLogLevel,
  ) {
    super(lowest);
  }

  override write(message: AirbyteMessage): void {
    if (message.type !== AirbyteMessageType.LOG) {
      this.output.message(message);
      return;
    }
    const { level, message: text, stack_trace: stack } = (message as LogMessage).log;
    if (AirbyteLogLevelOrder(level) < AirbyteLogLevelOrder(this.lowest)) return;
    this.output.message({
      type: 'LOG',
      log: { level, message: text, ...(stack !== undefined && { stack_trace: stack }) },
    });
  }
}
