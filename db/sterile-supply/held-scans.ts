/** What a revoked device has sent waits until the head nurse has looked at it. */
import { sql } from 'kysely';

/** As a condition on `scan`: she has looked at it since it came, and has not written it off. */
export const wasLookedAt = sql<boolean>`exists (
  select from discrepancy where discrepancy.id = any(scan.discrepancy_ids) and discrepancy.status in ('resolved', 'closed')
    and discrepancy.resolution <> 'written-off' and discrepancy.resolved_at >= scan.received_at)`;

/** As a condition on `scan`: somebody has to look whether it can be applied. What is held until she has looked wakes nobody. */
export const mayBeReady = sql<boolean>`scan.result in ('waiting', 'held') and (scan.result = 'waiting' or ${wasLookedAt})`;
