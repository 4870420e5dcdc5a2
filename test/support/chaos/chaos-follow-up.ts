/** What people ask of follow-ups while processes die: enrolments, visits that refer or do not, pauses and ends, weeks that pass. */
import type { Random } from '../../../domain/kit/random.ts';
import { today } from '../builders/enrolments.ts';
import type { Answered, Callers, Question } from './callers.ts';

/** Follow-ups that they act on. */
const LIVELY = 6;

export interface FollowUpGround {
  patients: Record<'gp' | 'gp2', string[]>;
  /** grows as the load goes on */
  enrolments: { id: string; pathwayId: string; account: 'gp' | 'gp2' }[];
}

type Ask = (question: Question) => Promise<Answered>;

export async function followUpStep(callers: Callers, ground: FollowUpGround, random: Random, ask: Ask): Promise<void> {
  const { enrolments } = ground;
  const chosen = enrolments.length < LIVELY || random.chance(0.05) ? undefined : random.pick(enrolments);
  if (!chosen) return enrol(ground, random, ask);
  const { id, pathwayId, account } = chosen;
  if (random.chance(0.3)) {
    const body = { pathwayId, duration: random.pick(['P1D', 'P14D', 'P40D', 'P90D']) };
    await callers.ask({ account: 'office', path: '/v1/demo/fast-forward', body });
    return;
  }
  const seen = await callers.get(account, `/v1/enrolments/${id}`);
  if (seen?.status !== 200) return;
  const { allowed, now } = seen.body as { allowed: string[]; now: string };
  if (allowed.length === 0) enrolments.splice(enrolments.indexOf(chosen), 1); // over, or run by another centre
  const at = `/v1/enrolments/${id}`;
  if (allowed.includes('record-visit') && random.chance(0.75)) await ask({ account, path: `${at}/visits`, body: visitAt(now, random) });
  else {
    const [command, body] = random.pickWeighted([
      [['pause', { reason: 'travel' }], 4],
      [['resume', {}], 6],
      [['change-package', { package: random.pick(['basic', 'personalised']) }], 2],
      [['withdraw', { reason: '患者要求' }], 1],
      [['reopen', { reason: '患者要求' }], 3],
    ] as [[string, object], number][]);
    await ask({ account, path: `${at}/${command}`, body });
  }
}

async function enrol({ patients, enrolments }: FollowUpGround, random: Random, ask: Ask): Promise<void> {
  const account = random.pick(['gp', 'gp2'] as const);
  const protocol = random.pick(['htn-2017', 't2dm-2017', 'htn-2025', 'elderly']);
  const body = { patientId: random.pick(patients[account]), protocol, startedOn: today() };
  const answer = await ask({ account, path: '/v1/enrolments', body });
  if (answer.status === 201) enrolments.push({ id: answer.body.id, pathwayId: answer.body.pathwayId, account });
}

function visitAt(visitedAt: string, random: Random): object {
  const systolic = random.pickWeighted([
    [126, 40],
    [156, 50],
    [188, 10],
  ]);
  const form = { bloodPressures: [{ systolic, diastolic: 78 }], fastingGlucose: { value: systolic > 140 ? 8.2 : 6.1, unit: 'mmol/L' } };
  const consent = { given: random.chance(0.7), recordedAt: '2026-01-01T00:00:00Z' };
  return { visitedAt, mode: 'clinic', form, ...(random.chance(0.6) ? { referral: { consent } } : {}) };
}
