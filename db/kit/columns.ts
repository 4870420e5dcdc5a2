/** How columns are read and written. Instants are read as Dates, jsonb columns as their parsed values. */
import type { ColumnType } from 'kysely';

export type Instant = ColumnType<Date, Date | string, Date | string>;
/** A column that Postgres fills when an INSERT leaves it out. */
export type Defaulted<T> = ColumnType<T, T | undefined, T>;
/** A jsonb column, which is read parsed and written as a JSON string. */
export type Json<T> = ColumnType<T, string, string>;
