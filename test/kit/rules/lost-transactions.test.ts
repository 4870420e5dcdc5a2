/** A transaction that Postgres ended because of others is done again; one that is wrong itself is not. */
import pg from 'pg';
import { expect, test } from 'vitest';
import { isLostToOthers } from '../../../db/kit/transaction.ts';

const errorOf = (code: string, message = 'x'): Error => Object.assign(new pg.DatabaseError(message, 1, 'error'), { code });

test('deadlocks, what cannot be put in order, and a row that several lock while one changes it are done again, and nothing else', () => {
  expect(isLostToOthers(errorOf('40P01'))).toBe(true);
  expect(isLostToOthers(errorOf('40001'))).toBe(true);
  expect(isLostToOthers(errorOf('XX000', 'new multixact has more than one updating member: 0 2[1 (keysh), 2 (nokeyupd)]'))).toBe(true);
  expect(isLostToOthers(errorOf('XX000', 'could not open relation'))).toBe(false);
  expect(isLostToOthers(errorOf('23505'))).toBe(false);
  expect(isLostToOthers(new Error('new multixact'))).toBe(false);
});
