import type { Transaction } from 'kysely';
import type { Tables } from '../tables.ts';

/** A transaction of ours; whatever takes a Database takes it too. */
export type Trx = Transaction<Tables>;
