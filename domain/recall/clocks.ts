/** The timers of a recall, one `stop-use` and one `retrieve` for each holder's part, and who hears of them. */
import type { Role } from '../alliance/roles.ts';
import { type Rung, startTimer, stopTimer, type Timer, timerId } from '../sterile-supply/timers.ts';
import { holderKey, type PartHolder } from './holders.ts';
import type { RecallPart, RecallState } from './state.ts';

interface Post {
  role: Role;
  institutionId: string;
}

/** Whose work it is to stop, at each kind of holder, and who hears next. */
function postsOf({ type, id }: PartHolder, cssdInstitutionId: string): { owner: Post; above: Post } {
  const headNurse: Post = { role: 'headnurse', institutionId: cssdInstitutionId };
  switch (type) {
    case 'centre':
      return { owner: { role: 'nurse', institutionId: id }, above: { role: 'head', institutionId: id } };
    case 'round':
      return {
        owner: { role: 'courier', institutionId: cssdInstitutionId },
        above: { role: 'dispatcher', institutionId: cssdInstitutionId },
      };
    case 'infection':
      return { owner: { role: 'infection', institutionId: id }, above: headNurse };
    case 'cssd':
      return { owner: headNurse, above: headNurse };
  }
}

/** The share at which everybody hears of it, and again each time that the same time has passed once more. */
const FULL_PERCENT = 100;

type PartClock = 'stop-use' | 'retrieve';

export type RecallTaskName = PartClock | 'report';

export const stopPartClock = (timers: readonly Timer[], name: PartClock, holder: PartHolder): Timer[] =>
  stopTimer(timers, name, holderKey(holder));

/** Begins anew with each time that the holder is told to stop. */
export function startStopUse(timers: readonly Timer[], state: RecallState, part: RecallPart, at: number): Timer[] {
  const { holder } = part;
  const { owner, above } = postsOf(holder, state.cssdInstitutionId);
  const tells: Rung[] = [
    { percent: 50, to: [owner] },
    { percent: 80, to: [above] },
    { percent: FULL_PERCENT, to: everybody(state) },
  ];
  const dueAt = at + state.budgets.stopUseSeconds * 1_000;
  return startTimer(timers, { name: 'stop-use', about: holderKey(holder), at, dueAt, ...owner, tells });
}

const everybody = ({ cssdInstitutionId }: RecallState): Post[] => [
  { role: 'office', institutionId: cssdInstitutionId },
  { role: 'headnurse', institutionId: cssdInstitutionId },
];

/** While a holder does not acknowledge, everybody hears of it again after each further hour. */
export function withNextHour(timer: Timer, percent: number): Timer {
  if (timer.name !== 'stop-use' || percent < FULL_PERCENT) return timer;
  const next = Math.floor(percent / FULL_PERCENT) * FULL_PERCENT + FULL_PERCENT;
  const to = [...new Map(timer.tells.flatMap((rung) => rung.to).map((post) => [`${post.role} ${post.institutionId}`, post])).values()];
  return {
    ...timer,
    // What was told is told: only the rungs ahead and the last one are kept, so that a long silence does not fill the state.
    rungs: [...timer.rungs.filter((rung) => rung.percent <= FULL_PERCENT || rung.percent === percent), { percent: next, firedAt: null }],
    tells: [...timer.tells.filter((rung) => rung.percent <= FULL_PERCENT), { percent: next, to }],
  };
}

/** The time runs from when the holder was first told, however often it gains packs meanwhile. `stopComing`: a round will be there in time. */
export function startRetrieve(timers: readonly Timer[], state: RecallState, part: RecallPart, stopComing: boolean, at: number): Timer[] {
  const { holder } = part;
  if (timers.some(({ id }) => id === timerId('retrieve', holderKey(holder)))) return [...timers];
  const post: Post =
    holder.type === 'infection'
      ? { role: 'infection', institutionId: holder.id }
      : { role: 'headnurse', institutionId: state.cssdInstitutionId };
  return startTimer(timers, {
    name: 'retrieve',
    about: holderKey(holder),
    at,
    dueAt: at + state.budgets.retrieveSeconds * 1_000,
    ...post,
    // A round that stops there brings the packs back: nobody has to see to it unless the time is over.
    taskFrom: stopComing ? 'due' : 'start',
    tells: [{ percent: FULL_PERCENT, to: [post] }],
  });
}

export function startReport(timers: readonly Timer[], state: RecallState, at: number): Timer[] {
  const post: Post = { role: 'headnurse', institutionId: state.cssdInstitutionId };
  const dueAt = at + state.budgets.reportSeconds * 1_000;
  return startTimer(timers, { name: 'report', at, dueAt, ...post, tells: [{ percent: FULL_PERCENT, to: [post] }] });
}
