/** Brings the tables up to date, and the protocols that come with the program. Forward only; two processes at once wait for each other (Kysely's migration lock). */
import { Migrator } from 'kysely/migration';
import { publishShipped } from './follow-up/shipped-protocols.ts';
import { createDatabase, createPool } from './kit/database.ts';
import * as ground from './migrations/0001-ground.ts';
import * as referral from './migrations/0002-referral.ts';
import * as messagesOfOthers from './migrations/0003-messages-of-others.ts';
import * as facts from './migrations/0004-facts.ts';
import * as protocols from './migrations/0005-protocols.ts';
import * as channels from './migrations/0006-channels.ts';
import * as hl7v2Out from './migrations/0007-hl7v2-out.ts';
import * as followUp from './migrations/0008-follow-up.ts';
import * as readings from './migrations/0009-readings.ts';
import * as visitIndicators from './migrations/0010-visit-indicators.ts';
import * as followUpPathways from './migrations/0011-follow-up-pathways.ts';
import * as addressees from './migrations/0012-addressees.ts';

const migrations = {
  '0001-ground': ground,
  '0002-referral': referral,
  '0003-messages-of-others': messagesOfOthers,
  '0004-facts': facts,
  '0005-protocols': protocols,
  '0006-channels': channels,
  '0007-hl7v2-out': hl7v2Out,
  '0008-follow-up': followUp,
  '0009-readings': readings,
  '0010-visit-indicators': visitIndicators,
  '0011-follow-up-pathways': followUpPathways,
  '0012-addressees': addressees,
};

/** Throws with the failing migration's name and the database's message. */
export async function migrateToLatest(databaseUrl: string): Promise<void> {
  const db = createDatabase(createPool(databaseUrl, { connections: 2, statementTimeoutMs: 600_000 }), 'migrations');
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const { error, results } = await migrator.migrateToLatest();
    if (!error) return await publishShipped(db);
    const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the set-up of the migrations';
    throw new Error(`Migration ${failed} failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await db.destroy();
  }
}
