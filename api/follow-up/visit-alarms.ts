/** The alarms that the values of a visit raise: an episode for each rule, and one task to confirm the reading. */
import { readingProtocol } from '../../db/readings/protocol.ts';
import { findCrisisRules } from '../../domain/follow-up/crisis-values.ts';
import { findCrisis } from '../../domain/readings/crisis.ts';
import type { ReadingKind, StandardValues } from '../../domain/readings/reading.ts';
import { toIso } from '../kit/schemas.ts';
import type { VisitAnswer } from './visit-answer.ts';

export const CONFIRM_READING = 'confirm-reading';

interface Judged extends StandardValues {
  kind: ReadingKind;
  measuredAt: Date;
  /** When the time to look at it begins. */
  at: Date;
}

export function listAlarms(readings: readonly Judged[]): Pick<VisitAnswer, 'episodes' | 'tasks'> {
  const found = readings.flatMap((reading) => findCrisisRules(reading, readingProtocol).map((rule) => ({ reading, rule })));
  const rules = new Map(found.map(({ reading, rule }) => [rule.id, reading]));
  const [first] = found;
  return {
    episodes: [...rules].map(([rule, { at }]) => episodeAnswer(null, rule, at)),
    tasks: first
      ? [
          {
            id: null,
            kind: CONFIRM_READING,
            role: first.rule.task.role,
            urgency: 'urgent',
            emergency: true,
            dueAt: toIso(first.reading.at.getTime() + first.rule.task.dueWithinSeconds * 1_000),
            about: aboutOf(first.reading),
          },
        ]
      : [],
  };
}

function aboutOf(reading: Judged): Record<string, unknown> {
  const { kind, value, unit, threshold } = findCrisis(reading, readingProtocol) ?? {};
  return { kind, value, unit, measuredAt: reading.measuredAt.toISOString(), threshold };
}

export function episodeAnswer(id: string | null, rule: string, raisedAt: Date): VisitAnswer['episodes'][number] {
  const { task } = readingProtocol.episodes.find((one) => one.id === rule) ?? {};
  return { id, rule, dueAt: task ? toIso(raisedAt.getTime() + task.dueWithinSeconds * 1_000) : null };
}
