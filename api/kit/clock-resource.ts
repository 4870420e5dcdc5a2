/** A running clock as callers see it. */
import { z } from '@hono/zod-openapi';
import { elapsedMs, instantOf, type SlaClock } from '../../domain/time/sla-clock.ts';
import { RoleSchema } from './codes.ts';
import { Instant, toIso } from './schemas.ts';

const NullableInstant = Instant.nullable();

export const ClockSchema = z
  .strictObject({
    name: z.string(),
    owner: z.strictObject({ institutionId: z.string(), role: RoleSchema, personId: z.string().nullable() }),
    budgetSeconds: z.number(),
    startedAt: Instant,
    pauses: z.array(z.strictObject({ from: Instant, to: NullableInstant })),
    elapsedSeconds: z.number(),
    dueAt: NullableInstant,
    rungs: z.array(z.strictObject({ percent: z.number(), dueAt: NullableInstant, firedAt: NullableInstant })),
  })
  .openapi('Clock');

export type ClockResource = z.infer<typeof ClockSchema>;

/** `now`: an instant on the pathway's own clock, in milliseconds. */
export const clockResource = (clock: SlaClock, owner: ClockResource['owner'], now: number): ClockResource => ({
  name: clock.name,
  owner,
  budgetSeconds: clock.budgetMs / 1_000,
  startedAt: new Date(clock.startedAt).toISOString(),
  pauses: clock.pauses.map(({ from, to }) => ({ from: new Date(from).toISOString(), to: toIso(to) })),
  elapsedSeconds: Math.round(elapsedMs(clock, now) / 1_000),
  dueAt: toIso(instantOf(clock, 100)),
  rungs: clock.rungs.map(({ percent, firedAt }) => ({ percent, dueAt: toIso(instantOf(clock, percent)), firedAt: toIso(firedAt) })),
});
