/** What the pathway of a slip hears of an act. */
import { v7 as uuid } from 'uuid';
import type { ExchangeSlipFact } from '../../domain/exchange-slip/events.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import type { PathwayFactToPublish } from '../kit/pathway-facts.ts';
import type { Act } from '../sterile-supply/act.ts';

export interface SlipOfFact {
  id: string;
  institutionId: string;
}

export const slipFact = (
  { recordedAt }: Pick<Act, 'recordedAt'>,
  { id, institutionId }: SlipOfFact,
  type: ExchangeSlipFact,
  input: Record<string, unknown> = {},
): PathwayFactToPublish => ({ type, pathwayId: id, messageId: `${id}:${type}:${uuid()}`, institutionId, occurredAt: recordedAt, input });

export const publishSlipFacts = (act: Pick<Act, 'trx'>, facts: readonly PathwayFactToPublish[]): Promise<void> =>
  publishFactsToEachPathway(act.trx, facts);
