/**
 * What a transaction leaves for the relays and the outbox: pathways that have to begin, facts that pathways have to hear, messages that must reach somebody
 * at once. It is kept until the end of the transaction and written in one statement.
 */
import { sql } from 'kysely';
import { insertUrgentMessages, type UrgentMessage } from '../messages/urgent-messages.ts';
import { type CreatingCommand, insertCreatingCommands } from './creating-commands.ts';
import { type PathwayFactToPublish, storePathwayFacts } from './pathway-facts.ts';
import { type Trx, writeAtEnd } from './transaction.ts';

type Outgoing = { command: CreatingCommand } | { fact: PathwayFactToPublish } | { message: UrgentMessage };

/** A pathway that is being created already is not created twice. */
export const storeCreatingCommands = (trx: Trx, commands: readonly CreatingCommand[]): Promise<void> =>
  leaveAtEnd(
    trx,
    commands.map((command) => ({ command })),
  );

/**
 * Facts of any types, each to one pathway, in the order in which the transaction publishes them. Whoever else publishes to one of these pathways waits
 * until the transaction ends. A pathway whose creating command is stored, in this transaction or before it, counts as being there.
 */
export const publishFactsToEachPathway = (trx: Trx, facts: readonly PathwayFactToPublish[]): Promise<void> =>
  leaveAtEnd(
    trx,
    facts.map((fact) => ({ fact })),
  );

/** A message of the same step is queued once. */
export const queueUrgentMessages = (trx: Trx, messages: readonly UrgentMessage[]): Promise<void> =>
  leaveAtEnd(
    trx,
    messages.map((message) => ({ message })),
  );

const leaveAtEnd = writeAtEnd(writeOutgoing);

async function writeOutgoing(trx: Trx, outgoing: readonly Outgoing[]): Promise<void> {
  const commands = outgoing.flatMap((one) => ('command' in one ? one.command : []));
  const facts = outgoing.flatMap((one) => ('fact' in one ? one.fact : []));
  const messages = outgoing.flatMap((one) => ('message' in one ? one.message : []));
  // The facts find the creating commands of the same statement in the part that stores these.
  const parts = [
    insertCreatingCommands(commands),
    ...(messages.length > 0 ? [insertUrgentMessages(messages)] : []),
    ...(facts.length > 0 ? [storePathwayFacts(facts)] : []),
  ];
  await sql`with ${sql.join(parts)} select`.execute(trx);
}
