import { DOCUMENTED_KEYS } from './documented';
import type { Secrets } from './shape';
import { HIDDEN_KEY } from './shape';

/** A name from Clari: shown only if it can't be data, which is known once everything has been asked. */
export class Name {
  constructor(readonly text: string) {}
}

/** The answer to a question. */
export type Fact = string | number | boolean | null | Name | readonly Fact[] | { readonly [name: string]: Fact };
export type Facts = Readonly<Record<string, Fact>>;

/** The facts as the report shows them. */
export function shown(fact: Fact, secrets: Secrets): unknown {
  if (fact instanceof Name)
    return DOCUMENTED_KEYS.has(fact.text) || secrets.mayShow(fact.text) ? fact.text : HIDDEN_KEY;
  if (Array.isArray(fact)) return fact.map((item: Fact) => shown(item, secrets));
  if (typeof fact !== 'object' || fact === null) return fact;
  return Object.fromEntries(Object.entries(fact).map(([name, item]) => [name, shown(item, secrets)]));
}
