/** Whether a centre may write the slip that it has in mind, and whether it joins a round that is confirmed already. */
import type { Refusal } from '../kit/pathway.ts';
import type { RoundStatus, SlipStatus } from '../sterile-supply/vocabulary.ts';
import type { NewSlipLine } from './lines.ts';

/** The round that a slip is meant for, as far as the centre is concerned. */
export interface SlipRound {
  id: string;
  status: RoundStatus;
  stop: { id: string; arriveAt: number; failed: boolean; stowed: boolean };
}

export interface SlipGround {
  institutionId: string;
  /** Null: it waits for the next round that comes. */
  round: SlipRound | null;
  /** The next planned arrival at the centre, where the slip names no round. */
  nextArrivalAt: number | null;
  /** Another slip of the centre that is a draft or submitted. */
  otherOpenSlipId: string | null;
  lowUseSetTypeIds: readonly string[];
  /** Sets of the lines that belong to another centre. */
  foreignSetInstanceIds: readonly string[];
  noticeSeconds: number;
}

/** `joinsStopId`: the slip is frozen at once, because its round is confirmed. */
export type SlipVerdict = { ok: true; joinsStopId: string | null } | { ok: false; refusal: Refusal };

const refused = (refusal: Refusal): SlipVerdict => ({ ok: false, refusal });

const delivers = (lines: readonly NewSlipLine[]): boolean => lines.some(({ direction }) => direction === 'deliver');

/** What is common to a slip that is submitted and one that stays a draft. */
export function judgeLines({ foreignSetInstanceIds }: Pick<SlipGround, 'foreignSetInstanceIds'>): Refusal | undefined {
  return foreignSetInstanceIds.length > 0 ? { code: 'not-owner', members: { setInstanceIds: [...foreignSetInstanceIds] } } : undefined;
}

export function judgeSubmission(
  ground: SlipGround,
  lines: readonly NewSlipLine[],
  { at, overridden }: { at: number; overridden: boolean },
): SlipVerdict {
  const ofLines = judgeLines(ground);
  if (ofLines) return refused(ofLines);
  const { round } = ground;
  if (round && round.status !== 'planned') return judgeJoining(round, lines);
  if (ground.otherOpenSlipId !== null) return refused({ code: 'open-slip-exists', members: { slipId: ground.otherOpenSlipId } });
  const ofNotice = overridden ? undefined : judgeNotice(ground, lines, at);
  return ofNotice ? refused(ofNotice) : { ok: true, joinsStopId: null };
}

/** What is collected may join a confirmed round until its stop is stowed; what is delivered was fixed when the round was confirmed. */
function judgeJoining({ status, stop }: SlipRound, lines: readonly NewSlipLine[]): SlipVerdict {
  const onItsWay = status === 'confirmed' || status === 'loaded' || status === 'departed';
  if (!onItsWay || stop.failed || stop.stowed) return refused({ code: 'transition-not-allowed', state: status, allowed: [] });
  return delivers(lines) ? refused({ code: 'slip-frozen' }) : { ok: true, joinsStopId: stop.id };
}

/** Low-use packs are asked for a day ahead [M]. */
export function judgeNotice(
  {
    round,
    nextArrivalAt,
    lowUseSetTypeIds,
    noticeSeconds,
  }: Pick<SlipGround, 'round' | 'nextArrivalAt' | 'lowUseSetTypeIds' | 'noticeSeconds'>,
  lines: readonly NewSlipLine[],
  at: number,
): Refusal | undefined {
  const arriveAt = round?.stop.arriveAt ?? nextArrivalAt;
  if (arriveAt === null || arriveAt - at >= noticeSeconds * 1_000) return undefined;
  const asked = lines.filter(
    ({ direction, setTypeId, carriesOn }) => direction === 'deliver' && !carriesOn && lowUseSetTypeIds.includes(setTypeId),
  );
  if (asked.length === 0) return undefined;
  return { code: 'low-use-notice', members: { setTypeIds: [...new Set(asked.map(({ setTypeId }) => setTypeId))] } };
}

/** A deliver line as it stands. */
export type FixedLine = Pick<NewSlipLine, 'setTypeId' | 'quantity'>;

/** Whether the deliver lines that are asked for are those that were frozen. */
export function keepsDeliverLines(frozen: readonly FixedLine[], asked: readonly NewSlipLine[]): boolean {
  const totals = (lines: readonly FixedLine[]) => {
    const byType = new Map<string, number>();
    for (const { setTypeId, quantity } of lines) byType.set(setTypeId, (byType.get(setTypeId) ?? 0) + quantity);
    return [...byType].sort().join();
  };
  const given = asked.filter(({ direction }) => direction === 'deliver');
  return given.length === 0 || totals(given) === totals(frozen);
}

/** What may still be done with a slip by people of its centre. */
export function slipCommandsIn(status: SlipStatus, { stowed }: { stowed: boolean }): ('submit' | 'amend' | 'cancel')[] {
  switch (status) {
    case 'draft':
      return ['submit', 'amend', 'cancel'];
    case 'submitted':
      return ['amend', 'cancel'];
    case 'frozen':
      return stowed ? [] : ['amend'];
    case 'picked-up':
    case 'counted':
    case 'disputed':
    case 'closed':
    case 'cancelled':
      return [];
  }
}

/** The same for the technicians who count. */
export const mayBeCounted = (status: SlipStatus): boolean =>
  status === 'frozen' || status === 'picked-up' || status === 'counted' || status === 'disputed';
