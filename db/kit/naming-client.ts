/** A connection that has each statement parsed once and calls it by a name afterwards. */
import { createHash } from 'node:crypto';
import pg from 'pg';

/** Postgres keeps them until the connection ends. Statements that are built for a number of rows come in many lengths; those beyond stay nameless. */
const MOST_NAMES = 500;

export class NamingClient extends pg.Client {
  readonly #names = new Map<string, string>();

  // pg has an overload for each way of calling it; what is not a text with its values goes its usual way.
  override query(...args: never[]): never {
    const [text, values, ...others] = args as unknown[];
    const name = typeof text === 'string' && Array.isArray(values) && others.length === 0 ? this.#nameOf(text) : undefined;
    const named = name === undefined ? args : ([{ name, text, values }] as never[]);
    return (super.query as (...given: never[]) => never)(...named);
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_NAMES) return known;
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 24);
    this.#names.set(text, name);
    return name;
  }
}
