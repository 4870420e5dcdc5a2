/** What the tables of a recall have to do with a decision. */

import type { Trx } from '../../db/kit/transaction.ts';
import {
  type AccountedLine,
  refuseAccount,
  refuseAcknowledgement,
  refuseClosed,
  refuseSignature,
  writeAccount,
  writeAcknowledgement,
  writeCause,
  writeReport,
  writeSignature,
} from '../../db/recall/commands.ts';
import type { Act } from '../../db/sterile-supply/act.ts';
import { refusalOfError } from '../../db/sterile-supply/constraint-refusals.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { isRecallEvent } from '../../domain/recall/events.ts';
import type { RecallState } from '../../domain/recall/state.ts';
import type { Projected, Projection } from '../kit/projection.ts';

/** The lines that people account for carry what they wrote, so they stand in the command's row and never reach the workflow. */
const linesOf = (texts: Record<string, unknown>): AccountedLine[] => texts.lines as AccountedLine[];

const textOf = (texts: Record<string, unknown>): string => String(texts.text ?? '');

/** What a command does with things happens as it is recorded: the pathway's own clock may have been pushed forward. */
function actOf(trx: Trx, actor: Actor, eventId: string): Act {
  const now = new Date();
  return { trx, actor, happenedAt: now, recordedAt: now, late: false, requestId: eventId, scanId: null };
}

export const recallProjection: Projection<RecallState> = {
  refusalOfError,
  async refuse(trx, { pathwayId, event, texts }) {
    if (!isRecallEvent(event) || event.kind !== 'command') return undefined;
    switch (event.name) {
      case 'open':
        return undefined;
      case 'acknowledge':
        return refuseAcknowledgement(trx, pathwayId, event.input.holder);
      case 'account':
        return refuseAccount(trx, pathwayId, linesOf(texts));
      case 'record-cause':
      case 'record-report':
        return refuseClosed(trx, pathwayId);
      case 'sign':
        return refuseSignature(trx, pathwayId, { role: event.input.role, personId: event.actor.personId });
    }
  },
  async project(trx, { pathwayId, event, after, texts }: Projected<RecallState>) {
    if (!isRecallEvent(event) || event.kind !== 'command' || event.name === 'open') return;
    const act = actOf(trx, event.actor, event.id);
    switch (event.name) {
      case 'acknowledge':
        return writeAcknowledgement(act, pathwayId, event.input.holder);
      case 'account':
        return writeAccount(act, pathwayId, linesOf(texts));
      case 'record-cause':
        return writeCause(act, pathwayId, textOf(texts));
      case 'record-report':
        return writeReport(act, pathwayId, textOf(texts));
      case 'sign':
        return writeSignature(act, pathwayId, { role: event.input.role, closes: after.status === 'closed' });
    }
  },
};
