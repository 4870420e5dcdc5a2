/** What stands against the start of a load, in the order in which the machine asks. */
import type { Refusal } from '../kit/pathway.ts';
import type { NormRules } from '../sterile-supply/norm-rules.ts';
import { type Calendar, workingDayUpTo } from '../time/calendar.ts';
import { addDays, daysBetween, type LocalDate, localDateOf } from '../time/local-date.ts';
import type { SteriliserStatus } from './steriliser.ts';

export type LoadPurpose = 'packs' | 'requalification';

/** Everything that a start is judged by. Instants are in milliseconds. */
export interface StartGround {
  startAt: number;
  purpose: LoadPurpose;
  steriliser: {
    kind: 'prevacuum' | 'gravity';
    status: SteriliserStatus;
    /** It was out of service at the instant of the start. */
    outThen: boolean;
    /** Another run lies across what this one would take. */
    busy: boolean;
  };
  /** Bowie-Dick tests that ended on the date of the start, before it, in order of time. */
  bowieDickTests: readonly { endedAt: number; result: 'pass' | 'fail' }[];
  /** The newest test before the start, of any date. */
  lastBowieDick: 'pass' | 'fail' | null;
  /** The latest start before this one of a run whose indicator passed or is in incubation; the qualification counts as one. */
  lastIndicatedRunAt: number | null;
  /** What the last indicator of this steriliser that was read has come to. */
  lastReading: 'pass' | 'fail' | 'invalid' | null;
  hasBiologicalIndicator: boolean;
  packs: readonly StartingPack[];
  overridden: boolean;
  calendar: Calendar;
}

export interface StartingPack {
  id: string;
  implant: boolean;
  /** The date on its newest label; null without a label or a date. */
  labelledOn: LocalDate | null;
  /** Of a pack that belongs to a centre: the date of the centre's next visit, null when nobody knows one. */
  ownersNextVisitOn: LocalDate | null;
}

/** The first guard that fails; undefined: the load may start. */
export function findStartRefusal(ground: StartGround, rules: Pick<NormRules, 'biologicalIndicatorDays'>): Refusal | undefined {
  const { steriliser, purpose, packs, overridden } = ground;
  const on = localDateOf(ground.startAt);
  if (!isInService(ground)) return { code: 'steriliser-out-of-service' };
  if (purpose === 'requalification' && steriliser.status === 'in-service')
    return { code: 'transition-not-allowed', state: 'in-service', allowed: [] };
  if (steriliser.busy) return { code: 'steriliser-busy' };
  if (steriliser.kind === 'prevacuum' && !hasPassedBowieDick(ground)) return { code: 'bd-required' };
  if (isBiologicalIndicatorDue(ground, rules)) return { code: 'bi-due' };
  if (needsBiologicalIndicator(ground) && !ground.hasBiologicalIndicator) return { code: 'bi-required' };
  const otherwiseLabelled = packs.filter(({ labelledOn }) => labelledOn !== on);
  if (otherwiseLabelled.length > 0) return { code: 'label-date', members: { packIds: otherwiseLabelled.map(({ id }) => id) } };
  const early = overridden ? [] : packs.filter((pack) => isTooEarly(pack, on, ground.calendar));
  if (early.length > 0) return { code: 'too-early', members: { packIds: early.map(({ id }) => id) } };
  return undefined;
}

/** Packs go into a steriliser that was in service at that instant; a requalification only into one that is being requalified. */
function isInService({ steriliser: { status, outThen }, purpose }: StartGround): boolean {
  if (status === 'retired') return false;
  return purpose === 'requalification' ? status !== 'out-of-service' : !outThen;
}

/** A test that fails blocks until one passes. */
const hasPassedBowieDick = ({ bowieDickTests, lastBowieDick }: StartGround): boolean =>
  lastBowieDick === 'pass' && bowieDickTests.some(({ result }) => result === 'pass');

function isBiologicalIndicatorDue(
  { startAt, lastIndicatedRunAt, hasBiologicalIndicator }: StartGround,
  { biologicalIndicatorDays }: Pick<NormRules, 'biologicalIndicatorDays'>,
): boolean {
  if (hasBiologicalIndicator) return false;
  return lastIndicatedRunAt === null || daysBetween(localDateOf(lastIndicatedRunAt), localDateOf(startAt)) > biologicalIndicatorDays;
}

/** A requalification without an indicator could never come to anything. */
const needsBiologicalIndicator = ({ packs, lastReading, purpose }: StartGround): boolean =>
  purpose === 'requalification' || lastReading === 'invalid' || packs.some(({ implant }) => implant);

/** A centre's own pack is sterilised on the last working day before the centre's next visit or later, so that most of its life is spent there. */
function isTooEarly({ ownersNextVisitOn }: StartingPack, on: LocalDate, calendar: Calendar): boolean {
  return ownersNextVisitOn !== null && on < workingDayUpTo(calendar, addDays(ownersNextVisitOn, -1));
}
