/** The zone of the alliance in SQL; `domain/time/shanghai.ts` is the same outside of it. */
import { type RawBuilder, sql } from 'kysely';

/** The wall clock in Shanghai at an instant of SQL, as a timestamp without a zone: what dates and months are taken from. */
export const toShanghaiClock = (instant: RawBuilder<unknown>): RawBuilder<unknown> => sql`(${instant} at time zone 'Asia/Shanghai')`;
