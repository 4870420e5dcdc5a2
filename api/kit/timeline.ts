/** A pathway's timeline as callers see it: the same for every kind. */
import { z } from '@hono/zod-openapi';
import type { TimelineRow } from '../../db/kit/timeline.ts';
import { wordsOf } from '../../domain/kit/event-words.ts';
import type { PathwayKind } from '../../domain/kit/registry.ts';
import { ObligationSchema, TimelineEventSchema } from './codes.ts';
import { ActorSchema, Instant, ReasonSchema, timelineReasons } from './schemas.ts';

const importances = ['key', 'normal', 'send'] as const;

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
          /** key: the state has changed; send: somebody was only reminded; normal: everything else */
          importance: z.enum(importances),
          because: z.array(ReasonSchema),
          note: z.string().nullable(),
        })
        .openapi('TimelineEntry'),
    ),
  })
  .openapi('Timeline');

/** What a reader may fold away: reminders, and what has changed no state. */
function importanceOf({ event, from, to }: Pick<TimelineRow, 'event' | 'from' | 'to'>): (typeof importances)[number] {
  if (from !== to) return 'key';
  return event.startsWith('rung-') ? 'send' : 'normal';
}

export const timelineResource = (kind: PathwayKind, rows: readonly TimelineRow[]): z.infer<typeof TimelineSchema> => ({
  items: rows.map(({ actorName, happenedAt, recordedAt, actor, ...row }) => ({
    ...row,
    ...wordsOf(kind, row.event),
    importance: importanceOf(row),
    because: timelineReasons(kind, row.because),
    happenedAt: happenedAt.toISOString(),
    recordedAt: recordedAt.toISOString(),
    actor: 'system' in actor ? { system: true as const } : { ...actor, name: actorName },
  })),
});
