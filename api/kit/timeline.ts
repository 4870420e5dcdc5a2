/** A pathway's timeline as callers see it: the same for every kind. */
import { z } from '@hono/zod-openapi';
import type { TimelineRow } from '../../db/kit/timeline.ts';
import { wordsOf } from '../../domain/kit/event-words.ts';
import type { PathwayKind } from '../../domain/kit/registry.ts';
import { ObligationSchema, TimelineEventSchema } from './codes.ts';
import { ActorSchema, Instant, ReasonSchema, reasonResources } from './schemas.ts';

/** What a pathway will do by itself, and when. */
export const NextObligationSchema = z.strictObject({ obligation: ObligationSchema, at: Instant }).openapi('NextObligation');

export const TimelineSchema = z
  .strictObject({
    items: z.array(
      z
        .strictObject({
          seq: z.number().int(),
          happenedAt: Instant,
          recordedAt: Instant,
          actor: ActorSchema,
          event: TimelineEventSchema,
          /** what has happened, in words */
          zh: z.string(),
          en: z.string(),
          from: z.string().nullable(),
          to: z.string().nullable(),
          because: z.array(ReasonSchema),
          note: z.string().nullable(),
        })
        .openapi('TimelineEntry'),
    ),
  })
  .openapi('Timeline');

export const timelineResource = (kind: PathwayKind, rows: readonly TimelineRow[]): z.infer<typeof TimelineSchema> => ({
  items: rows.map(({ actorName, happenedAt, recordedAt, actor, ...row }) => ({
    ...row,
    ...wordsOf(kind, row.event),
    because: reasonResources(kind, row.because),
    happenedAt: happenedAt.toISOString(),
    recordedAt: recordedAt.toISOString(),
    actor: 'system' in actor ? { system: true as const } : { ...actor, name: actorName },
  })),
});
