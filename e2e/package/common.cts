// The same for a program that TypeScript compiles to CommonJS.
import clari = require('source-clari');

export const client: clari.ClariClient = new clari.ClariClient({ apiKey: 'k' });
export const kind: clari.ClariErrorKind = 'unknown_period';
