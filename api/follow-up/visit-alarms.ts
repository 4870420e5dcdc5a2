/** The alarms that the values of a visit raise: an episode for each rule, and one task to confirm the reading. */
import type { VisitOutcome } from '../../db/follow-up/visit-outcome.ts';
import { type KeptValues, listReadingsToKeep } from '../../db/follow-up/visit-values.ts';
import { readingProtocol } from '../../db/readings/protocol.ts';
import { findCrisisRules } from '../../domain/follow-up/crisis-values.ts';
import type { Visit } from '../../domain/follow-up/visit.ts';
import { findCrisis } from '../../domain/readings/crisis.ts';
import { type Comparators, type ReadingKind, type StandardValues, toComparedValues } from '../../domain/readings/reading.ts';
import { toIso } from '../kit/schemas.ts';
import { readingAnswer, type VisitAnswer } from './visit-answer.ts';

const CONFIRM_READING = 'confirm-reading';

interface Judged extends StandardValues {
  comparators?: Comparators;
  kind: ReadingKind;
  measuredAt: Date;
  /** When the time to look at it begins. */
  at: Date;
}

function listAlarms(readings: readonly Judged[]): Pick<VisitAnswer, 'episodes' | 'tasks'> {
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

/** What the values of a form would lead to that nobody has written: their readings, which have no id, and the alarms that these raise. */
export function expectReadings(visit: Visit, keeps: KeptValues, at: number): Pick<VisitAnswer, 'readings' | 'episodes' | 'tasks'> {
  const measuredAt = new Date(visit.visitedAt);
  const readings = listReadingsToKeep(visit, keeps).map(({ measured, context }) => ({
    id: null,
    kind: measured.kind,
    measuredAt,
    context,
    ...toComparedValues(measured),
  }));
  return { readings: readings.map(readingAnswer), ...listAlarms(readings.map((reading) => ({ ...reading, at: new Date(at) }))) };
}

/** What the values have led to: what is in the database by now, and what a pathway that begins in this moment is about to open there. */
export function describeReadings({ readings, episodes, tasks }: VisitOutcome): Pick<VisitAnswer, 'readings' | 'episodes' | 'tasks'> {
  const alarms = listAlarms(readings.map((reading) => ({ ...reading, at: reading.measuredAt })));
  const isAskedAlready = tasks.some(({ kind }) => kind === CONFIRM_READING);
  return {
    readings: readings.map(readingAnswer),
    episodes: episodes.map((episode) => episodeAnswer(episode.id, episode.rule, episode.raisedAt)),
    tasks: [...tasks.map(({ dueAt, ...task }) => ({ ...task, dueAt: toIso(dueAt) })), ...(isAskedAlready ? [] : alarms.tasks)],
  };
}

function aboutOf(reading: Judged): Record<string, unknown> {
  const { kind, value, unit, threshold } = findCrisis(reading, readingProtocol) ?? {};
  return { kind, value, unit, measuredAt: reading.measuredAt.toISOString(), threshold };
}

function episodeAnswer(id: string | null, rule: string, raisedAt: Date): VisitAnswer['episodes'][number] {
  const { task } = readingProtocol.episodes.find((one) => one.id === rule) ?? {};
  return { id, rule, dueAt: task ? toIso(raisedAt.getTime() + task.dueWithinSeconds * 1_000) : null };
}
