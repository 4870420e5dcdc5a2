/** Facts for the pathways of rounds, laid down in the act that they report. */
import { v7 as uuid } from 'uuid';
import type { SupplyRoundFactInput, SupplyRoundFactName } from '../../domain/supply-round/events.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import type { PathwayFactToPublish } from '../kit/pathway-facts.ts';
import type { Act } from '../sterile-supply/act.ts';

export type RoundFact = {
  [Name in SupplyRoundFactName]: { roundId: string; type: Name; input: SupplyRoundFactInput<Name> };
}[SupplyRoundFactName];

/** An act happens once, so each of its facts has an id of its own. */
export async function layRoundFacts(act: Act, facts: readonly RoundFact[]): Promise<void> {
  await publishFactsToEachPathway(
    act.trx,
    facts.map(
      ({ roundId, type, input }): PathwayFactToPublish => ({
        type,
        pathwayId: roundId,
        messageId: `${roundId}:${type}:${uuid()}`,
        institutionId: act.actor.institutionId,
        occurredAt: act.happenedAt,
        input,
      }),
    ),
  );
}
