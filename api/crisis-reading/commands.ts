/** What somebody has found out about a critical reading: how it is checked, and what the pathway is asked. */
import { v7 as uuid } from 'uuid';
import type { CrisisReadingRecord } from '../../db/crisis-reading/crisis-readings.ts';
import {
  type ConfirmCrisisReading,
  type CrisisAction,
  type CrisisOutcome,
  crisisActions,
  crisisOutcomes,
} from '../../domain/crisis-reading/events.ts';
import type { Caller } from '../kit/auth.ts';
import type { CommandSteps } from '../kit/commands.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import type { TaskReport } from '../kit/task-completion.ts';
import { renderCrisisReading } from './resource.ts';

/** A nurse may only say so after a later value below the threshold; the pathway's tables know whether there is one. */
const isDoctor = ({ roles }: Caller): boolean => roles.includes('gp') || roles.includes('head');

export const confirmSteps: CommandSteps<TaskReport, CrisisReadingRecord, Pick<ConfirmCrisisReading, 'outcome' | 'action'>> = {
  check: async ({ body }) => checkReport(body),
  command: ({ caller, resource: { id, version }, body: { note } }, report) => {
    const input: ConfirmCrisisReading = { ...report, referralId: uuid(), isDoctor: isDoctor(caller) };
    return { kind: 'crisis-reading', pathwayId: id, name: 'confirm', input, texts: { note }, seen: version };
  },
  render: renderCrisisReading,
};

/** Throws Problem 422. */
function checkReport({ outcome: given, action: wanted, note, result }: TaskReport): Pick<ConfirmCrisisReading, 'outcome' | 'action'> {
  const outcome = crisisOutcomes.find((each): each is CrisisOutcome => each === given);
  if (!outcome)
    throw invalidRequestProblem('outcome', { zh: `须为以下之一：${crisisOutcomes.join('、')}`, en: `one of ${crisisOutcomes.join(', ')}` });
  if (result !== undefined) throw invalidRequestProblem('result', { zh: '请改用 outcome 和 note', en: 'use outcome and note' });
  if (note === undefined) throw invalidRequestProblem('note', { zh: '须说明如何核实', en: 'say how you found out' });
  if (outcome === 'refuted') {
    if (wanted !== undefined) throw invalidRequestProblem('action', { zh: '仅核实属实时填写', en: 'belongs to confirmed' });
    return { outcome, action: null };
  }
  const action = crisisActions.find((each): each is CrisisAction => each === (wanted ?? 'treat'));
  if (!action)
    throw invalidRequestProblem('action', { zh: `须为以下之一：${crisisActions.join('、')}`, en: `one of ${crisisActions.join(', ')}` });
  return { outcome, action };
}
