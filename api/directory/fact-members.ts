/** The part that all facts of other systems share. */
import { z } from '@hono/zod-openapi';
import { Id, Instant, Text } from '../kit/schemas.ts';

/** A clock that is a little ahead is not a lie. */
export const CLOCK_SKEW_MS = 5 * 60_000;

const LocalId = z.strictObject({ system: Text(200), value: Text(100) });

/** `source` and `messageId` together are the message, whoever sends it again. */
export const commonMembers = {
  source: Text(100),
  messageId: Text(200),
  occurredAt: Instant,
  patientId: Id.optional(),
  localId: LocalId.optional(),
};
