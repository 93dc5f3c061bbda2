import { join } from 'node:path';

/** Where the package keeps what it reads at run time: the spec and the streams' schemas. Seen from `src` and from `dist` alike. */
export const RESOURCES = join(__dirname, '..', 'resources');
