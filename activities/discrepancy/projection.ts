/** What the table of discrepancies has to do with a decision: it judges by the row, which acts change too, and is written. */
import {
  changeDiscrepancy,
  type DiscrepancyChange,
  findOpenDiscrepancyId,
  insertReported,
  lockDiscrepancy,
} from '../../db/discrepancy/discrepancies.ts';
import { settleSlips } from '../../db/exchange-slip/settle.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { endLinesNotFound } from '../../db/recall/end-not-found.ts';
import type { Act } from '../../db/sterile-supply/act.ts';
import { refusalOfError } from '../../db/sterile-supply/constraint-refusals.ts';
import { type CreateDiscrepancy, type DiscrepancyEvent, isDiscrepancyEvent } from '../../domain/discrepancy/events.ts';
import type { DiscrepancyState } from '../../domain/discrepancy/state.ts';
import { type DiscrepancyStep, discrepancyTransitions, stepsAllowedIn } from '../../domain/discrepancy/transitions.ts';
import type { Refusal } from '../../domain/kit/pathway.ts';
import type { Projected, Projection } from '../kit/projection.ts';

type Projecting = Omit<Projected<DiscrepancyState>, 'event'> & { event: DiscrepancyEvent };

export const discrepancyProjection: Projection<DiscrepancyState> = {
  refusalOfError,
  async refuse(trx, projected) {
    const { event } = projected;
    return isDiscrepancyEvent(event) ? findRefusal(trx, { ...projected, event }) : undefined;
  },
  async project(trx, projected) {
    const { event } = projected;
    if (isDiscrepancyEvent(event)) await write(trx, { ...projected, event });
  },
};

async function findRefusal(trx: Trx, { event, pathwayId }: Projecting): Promise<Refusal | undefined> {
  switch (event.name) {
    case 'open':
      return refuseSecond(trx, event.input);
    case 'acknowledge':
    case 'investigate':
    case 'resolve':
    case 'close':
      return refuseStep(trx, pathwayId, { step: event.name, personId: event.actor.personId });
    case 'discrepancy-resolved':
    case 'discrepancy-reopened':
    case 'rung':
      return undefined;
  }
}

/** Of two reports at once the second is refused by this, or tried again after the constraint has refused it, and then refused by this. */
async function refuseSecond(trx: Trx, { kind, reported }: CreateDiscrepancy): Promise<Refusal | undefined> {
  const openId = reported && (await findOpenDiscrepancyId(trx, { kind, ...reported }));
  return openId ? { code: 'already-exists', members: { discrepancyId: openId } } : undefined;
}

async function refuseStep(
  trx: Trx,
  id: string,
  { step, personId }: { step: DiscrepancyStep; personId: string },
): Promise<Refusal | undefined> {
  const row = await lockDiscrepancy(trx, id);
  if (!row || !discrepancyTransitions[step].from.includes(row.status))
    return { code: 'transition-not-allowed', state: row?.status ?? null, allowed: row ? stepsAllowedIn(row.status) : [] };
  return step === 'close' && row.resolvedBy === personId ? { code: 'same-person' } : undefined;
}

async function write(trx: Trx, projecting: Projecting): Promise<void> {
  const { event, pathwayId, texts } = projecting;
  const note = typeof texts.note === 'string' ? texts.note : null;
  const at = new Date(event.at);
  const change = (changed: DiscrepancyChange) => changeDiscrepancy(trx, pathwayId, changed);
  switch (event.name) {
    case 'open': {
      const { kind, owner, reported } = event.input;
      if (reported) await insertReported(trx, { id: pathwayId, kind, owner, reported, note, openedBy: event.actor, at });
      return;
    }
    case 'acknowledge':
      return change({ status: 'acknowledged' });
    case 'investigate':
      return change({ status: 'investigating', note });
    case 'resolve':
      return change({ status: 'resolved', resolution: event.input.resolution, note, personId: event.actor.personId, at });
    case 'close':
      await change({ status: 'closed', personId: event.actor.personId, at });
      return settleWhatWaited(trx, projecting, event);
    case 'discrepancy-resolved':
    case 'discrepancy-reopened':
    case 'rung':
      return;
  }
}

/** It may have been the last that its slip waited for, and a pack that nobody has found is accounted for in its recalls. */
async function settleWhatWaited(trx: Trx, { pathwayId }: Projecting, event: Extract<DiscrepancyEvent, { name: 'close' }>): Promise<void> {
  const row = await lockDiscrepancy(trx, pathwayId);
  const at = new Date(event.at);
  const act: Act = { trx, actor: event.actor, happenedAt: at, recordedAt: at, late: false, requestId: event.id, scanId: null };
  await endLinesNotFound(act, pathwayId);
  if (row?.slipId) await settleSlips(act, [row.slipId]);
}
