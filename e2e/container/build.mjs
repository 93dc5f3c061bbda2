// Builds the image once for all tests that run it, and prints its tag, or nothing if no engine works.
import { say } from '../support.mjs';
import { findEngine } from './engine.mjs';

const engine = await findEngine();
if (engine !== undefined) say(await engine.build());
