/** Telling the holders of recalled packs to stop: a message to whoever is on duty there, and an alert for each pack that is out of the house. */
import { type RawBuilder, sql } from 'kysely';
import type { PartHolder } from '../../domain/recall/holders.ts';
import { queueUrgentMessages } from '../kit/outgoing.ts';
import type { Trx } from '../kit/transaction.ts';
import type { UrgentMessage } from '../messages/urgent-messages.ts';
import type { NewAlert } from '../sterile-supply/alerts.ts';

export interface ToldHolder {
  recallId: string;
  drill: boolean;
  holder: PartHolder;
  /** The driver and the courier of a round; nobody elsewhere. */
  crew: readonly string[];
}

/** `step` tells one telling of the same recall from the next. */
export async function tellHolders(
  trx: Trx,
  told: readonly ToldHolder[],
  { cssdId, step }: { cssdId: string; step: string },
): Promise<void> {
  const messages = told.map(({ recallId, drill, holder, crew }): UrgentMessage => {
    const posts = postsToTell(holder, cssdId).map((post) => ({ ...post }));
    return {
      pathwayId: recallId,
      pathwayKind: 'recall',
      step: `stop-use:${holder.type}-${holder.id}:${step}`,
      template: drill ? 'stop-use-drill' : 'stop-use',
      parameters: { referralId: recallId },
      posts,
      personIds: crew,
    };
  });
  await queueUrgentMessages(trx, messages);
}

/** As a column: who goes with the round that holds a pack. */
export const crewOfHolder = (holder: { type: RawBuilder<unknown>; id: RawBuilder<unknown> }) => sql<string[]>`
  coalesce((select array[driver_id, courier_id] from supply_round where supply_round.id = case when ${holder.type} = 'round' then ${holder.id}::uuid end), '{}')`;

function postsToTell({ type, id }: PartHolder, cssdId: string): { role: string; institutionId: string }[] {
  switch (type) {
    case 'centre':
      return ['nurse', 'gp', 'head'].map((role) => ({ role, institutionId: id }));
    case 'cssd':
      return ['headnurse', 'technician', 'releaser'].map((role) => ({ role, institutionId: cssdId }));
    case 'infection':
      return [{ role: 'infection', institutionId: id }];
    // The driver and the courier of the round are told by name; those who can call them are told as well.
    case 'round':
      return [{ role: 'dispatcher', institutionId: cssdId }];
  }
}

export interface PackOutside {
  recallId: string;
  packId: string;
  holder: PartHolder;
}

export const stopUseAlert = ({ recallId, packId, holder }: PackOutside, raisedAt: Date): NewAlert => ({
  name: 'stop-use',
  subject: { type: 'pack', id: packId },
  threshold: recallId,
  institutionId: holder.type === 'centre' ? holder.id : null,
  raisedAt,
});

/** One alert for each pack that lies at a centre or travels. */
export const alertsOfPacksOutside = (packs: readonly PackOutside[], raisedAt: Date): NewAlert[] =>
  packs.filter(({ holder }) => holder.type === 'centre' || holder.type === 'round').map((pack) => stopUseAlert(pack, raisedAt));
