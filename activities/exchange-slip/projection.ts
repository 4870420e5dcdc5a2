/** What the tables of an exchange slip have to do with a decision: they judge what only they know, and are written. */

import { loadSlipGround, lockCentres } from '../../db/exchange-slip/ground.ts';
import { publishSlipFacts, slipFact } from '../../db/exchange-slip/slip-facts.ts';
import { lockSlip, type SlipRecord } from '../../db/exchange-slip/slips.ts';
import { cancelSlip, findLines, insertSlip, replaceLines, submitDraft } from '../../db/exchange-slip/write-slip.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { refusalOfError } from '../../db/sterile-supply/constraint-refusals.ts';
import { type CreateExchangeSlip, type ExchangeSlipEvent, isExchangeSlipEvent } from '../../domain/exchange-slip/events.ts';
import { judgeLines, judgeNotice, judgeSubmission, keepsDeliverLines, slipCommandsIn } from '../../domain/exchange-slip/judge.ts';
import type { NewSlipLine } from '../../domain/exchange-slip/lines.ts';
import type { ExchangeSlipState } from '../../domain/exchange-slip/state.ts';
import type { Refusal } from '../../domain/kit/pathway.ts';
import type { Projected, Projection } from '../kit/projection.ts';

type Projecting = Omit<Projected<ExchangeSlipState>, 'event'> & { event: ExchangeSlipEvent };

export const exchangeSlipProjection: Projection<ExchangeSlipState> = {
  refusalOfError,
  async refuse(trx, projected) {
    const { event } = projected;
    return isExchangeSlipEvent(event) ? findRefusal(trx, { ...projected, event }) : undefined;
  },
  async project(trx, projected) {
    const { event } = projected;
    if (isExchangeSlipEvent(event)) await write(trx, { ...projected, event });
  },
};

async function findRefusal(trx: Trx, { event, pathwayId, texts }: Projecting): Promise<Refusal | undefined> {
  switch (event.name) {
    case 'submit': {
      await lockCentres(trx, [event.input.institutionId]);
      const { slip } = event.input;
      if (slip) {
        const verdict = await judgeNew(trx, event.input, {
          lines: slip.lines,
          roundId: slip.roundId,
          at: event.at,
          overridden: texts.overrideReason !== undefined,
        });
        return verdict.ok ? undefined : verdict.refusal;
      }
      // The notice was judged when the draft was sent; a pathway that is refused its creation could not be asked again.
      return refuseUnless(await lockSlip(trx, pathwayId), 'submit');
    }
    case 'amend': {
      const slip = await lockSlip(trx, pathwayId);
      return refuseUnless(slip, 'amend') ?? (slip && refuseLines(trx, slip, event.input.lines, event.at));
    }
    case 'cancel':
      return refuseUnless(await lockSlip(trx, pathwayId), 'cancel');
    case 'slip-frozen':
    case 'slip-unfrozen':
    case 'slip-picked-up':
    case 'slip-handed-over':
    case 'slip-counted':
    case 'slip-closed':
    case 'rung':
      return undefined;
  }
}

async function write(trx: Trx, projected: Projecting): Promise<void> {
  const { event, pathwayId, texts } = projected;
  switch (event.name) {
    case 'submit':
      return writeSubmitted(trx, projected, event);
    case 'amend': {
      const slip = await lockSlip(trx, pathwayId);
      const collectOnly = slip?.status === 'frozen';
      const lines = event.input.lines.filter(({ direction }) => !collectOnly || direction === 'collect');
      return replaceLines(trx, { slipId: pathwayId, lines, directions: collectOnly ? ['collect'] : ['collect', 'deliver'] });
    }
    case 'cancel':
      return cancelSlip(trx, pathwayId, typeof texts.reason === 'string' ? texts.reason : '');
    case 'slip-frozen':
    case 'slip-unfrozen':
    case 'slip-picked-up':
    case 'slip-handed-over':
    case 'slip-counted':
    case 'slip-closed':
    case 'rung':
      return;
  }
}

async function writeSubmitted(
  trx: Trx,
  { pathwayId, texts }: Projecting,
  event: Extract<ExchangeSlipEvent, { name: 'submit' }>,
): Promise<void> {
  const { institutionId, slip } = event.input;
  const at = new Date(event.at);
  const draft = slip ? undefined : await lockSlip(trx, pathwayId);
  const roundId = slip ? slip.roundId : (draft?.roundId ?? null);
  const lines = slip ? slip.lines : await findLines(trx, pathwayId);
  const verdict = await judgeNew(trx, event.input, { lines, roundId, at: event.at, overridden: true });
  const joinsStopId = verdict.ok ? verdict.joinsStopId : null;
  if (slip) {
    const overrideReason = typeof texts.overrideReason === 'string' ? texts.overrideReason : null;
    const written = { id: pathwayId, institutionId, roundId, joinsStopId, draft: false, lines: slip.lines };
    await insertSlip(trx, { ...written, overrideReason, createdBy: event.actor, at });
  } else await submitDraft(trx, { id: pathwayId, joinsStopId, at });
  if (joinsStopId === null) return;
  const act = { trx, recordedAt: at };
  await publishSlipFacts(act, [slipFact(act, { id: pathwayId, institutionId }, 'slip-frozen', { roundId })]);
}

async function judgeNew(
  trx: Trx,
  { slipId, institutionId }: CreateExchangeSlip,
  { lines, roundId, at, overridden }: { lines: readonly NewSlipLine[]; roundId: string | null; at: number; overridden: boolean },
) {
  const ground = await loadSlipGround(trx, { institutionId, roundId, lines, slipId, at });
  return judgeSubmission(ground, lines, { at, overridden });
}

function refuseUnless(slip: SlipRecord | undefined, command: 'submit' | 'amend' | 'cancel'): Refusal | undefined {
  const allowed = slip ? slipCommandsIn(slip.status, slip) : [];
  return allowed.includes(command) ? undefined : { code: 'transition-not-allowed', state: slip?.status ?? null, allowed };
}

async function refuseLines(trx: Trx, slip: SlipRecord, lines: readonly NewSlipLine[], at: number): Promise<Refusal | undefined> {
  const { id, institutionId, roundId, status, overrideReason } = slip;
  const ground = await loadSlipGround(trx, { institutionId, roundId, lines, slipId: id, at });
  const ofLines = judgeLines(ground);
  if (ofLines) return ofLines;
  if (status === 'frozen') {
    const frozen = slip.lines
      .filter(({ direction }) => direction === 'deliver')
      .map(({ setTypeId, declared }) => ({ setTypeId, quantity: declared }));
    return keepsDeliverLines(frozen, lines) ? undefined : { code: 'slip-frozen' };
  }
  return overrideReason === null ? judgeNotice(ground, lines, at) : undefined;
}
