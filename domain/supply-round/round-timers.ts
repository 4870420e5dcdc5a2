/** The timers of a round: who owes what until when (machine, chapter 10). */
import type { Role } from '../alliance/roles.ts';
import { type NewTimer, startTimer, type Timer } from '../sterile-supply/timers.ts';
import type { AwaitedStop, SupplyRoundState } from './state.ts';

type Timed = Pick<SupplyRoundState, 'cssdInstitutionId' | 'budgets' | 'timers'>;

/** Once these run, the round itself may be over. */
export const timersBeyondTheRound: readonly string[] = ['unserved', 'confirm-signature'];

export const roundTimerNames = [
  'cut-off',
  'release-lead',
  'stop-late',
  'round-late',
  'hand-over',
  'reconcile',
  'unserved',
  'confirm-signature',
] as const;

const MS = 1_000;

/** Somebody of the supply department, who hears of it when the time is over, together with those who are told then. */
function ofDepartment(
  { cssdInstitutionId: institutionId }: Pick<Timed, 'cssdInstitutionId'>,
  role: Role,
  then: readonly Role[] = [],
): Pick<NewTimer, 'role' | 'institutionId' | 'tells'> {
  const to = [role, ...then].map((one) => ({ role: one, institutionId }));
  return { role, institutionId, tells: [{ percent: 100, to }] };
}

/** At the cut-off the round is confirmed by itself, so nobody has to be told. */
export const startCutOff = (state: Timed, at: number, cutOffAt: number): Timer[] =>
  startTimer(state.timers, { name: 'cut-off', at, dueAt: cutOffAt, ...ofDepartment(state, 'dispatcher'), tells: [] });

export const startReleaseLead = (state: Timed & Pick<SupplyRoundState, 'departAt'>, at: number): Timer[] =>
  startTimer(state.timers, {
    name: 'release-lead',
    at,
    dueAt: state.departAt - state.budgets.releaseLead * MS,
    ...ofDepartment(state, 'releaser', ['dispatcher']),
  });

export const startStopLate = (state: Timed, at: number, { stopId, arriveAt }: AwaitedStop): Timer[] =>
  startTimer(state.timers, {
    name: 'stop-late',
    about: stopId,
    at,
    dueAt: arriveAt + state.budgets.stopLate * MS,
    taskFrom: 'due',
    ...ofDepartment(state, 'dispatcher'),
  });

export const startRoundLate = (state: Timed & Pick<SupplyRoundState, 'returnDueAt'>, at: number): Timer[] =>
  startTimer(state.timers, {
    name: 'round-late',
    at,
    dueAt: state.returnDueAt + state.budgets.roundLate * MS,
    taskFrom: 'due',
    ...ofDepartment(state, 'dispatcher'),
  });

export const startHandOver = (state: Timed, at: number): Timer[] =>
  startTimer(state.timers, { name: 'hand-over', at, dueAt: at + state.budgets.handOver * MS, ...ofDepartment(state, 'courier') });

export const startReconcile = (state: Timed, at: number): Timer[] =>
  startTimer(state.timers, { name: 'reconcile', at, dueAt: at + state.budgets.reconcile * MS, ...ofDepartment(state, 'dispatcher') });

export const startUnserved = (state: Timed, at: number, institutionId: string): Timer[] =>
  startTimer(state.timers, {
    name: 'unserved',
    about: institutionId,
    at,
    dueAt: at + state.budgets.unserved * MS,
    ...ofDepartment(state, 'dispatcher'),
  });

/** The centre confirms; when it does not, the head nurse hears of it too. */
export const startConfirmSignature = (state: Timed, at: number, { stopId, institutionId }: Omit<AwaitedStop, 'arriveAt'>): Timer[] =>
  startTimer(state.timers, {
    name: 'confirm-signature',
    about: stopId,
    at,
    dueAt: at + state.budgets.confirmSignature * MS,
    role: 'nurse',
    institutionId,
    tells: [
      {
        percent: 100,
        to: [
          { role: 'nurse', institutionId },
          { role: 'headnurse', institutionId: state.cssdInstitutionId },
        ],
      },
    ],
  });

export const isConfirmSignatureTask = (name: string): boolean => name === 'confirm-signature';

/** The stop that a task `<round>.confirm-signature-<stop>` is about. */
export const stopIdOfTask = (taskId: string): string => taskId.slice(taskId.indexOf('.confirm-signature-') + '.confirm-signature-'.length);
