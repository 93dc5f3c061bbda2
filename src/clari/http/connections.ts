import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';

/** The code of a connection that wasn't established in time: nothing was sent over it. */
export const CONNECT_TIMEOUT = 'CLARI_CONNECT_TIMEOUT';

export interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
}

/**
 * Agents that keep connections alive and give up on one that isn't established within `connectTimeoutMs`, TLS included.
 */
export function createAgents(connectTimeoutMs: number): Agents {
  return {
    httpAgent: withTimeout(new http.Agent({ keepAlive: true }), 'connect', connectTimeoutMs),
    httpsAgent: withTimeout(new https.Agent({ keepAlive: true }), 'secureConnect', connectTimeoutMs),
  };
}

/** What Node's agents have but its types leave out. */
interface Connecting {
  createConnection(...args: unknown[]): Duplex;
}

function withTimeout<A extends http.Agent>(agent: A, established: string, ms: number): A {
  const connecting = agent as unknown as Connecting;
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (...args) => {
    const socket = connect(...args);
    const late = () =>
      socket.destroy(Object.assign(new Error(`no connection within ${ms} ms`), { code: CONNECT_TIMEOUT }));
    const timer = setTimeout(late, ms);
    const stop = () => clearTimeout(timer);
    socket.once(established, stop).once('close', stop);
    return socket;
  };
  return agent;
}
