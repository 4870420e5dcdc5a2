/** What the constraints of the tables say no to. */
import pg from 'pg';

/** The class of SQLSTATE codes of a constraint, a unique index or a trigger that raises as one. */
const INTEGRITY_CLASS = '23';

/** True for an error that would come again however often the same is written; false for a lost connection, a time-out, a deadlock. */
export const isIntegrityViolation = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code?.startsWith(INTEGRITY_CLASS) === true;

/** The constraint or unique index that an error comes from; undefined for any other error. */
export const constraintOf = (error: unknown): string | undefined => (error instanceof pg.DatabaseError ? error.constraint : undefined);
