/** What whoever runs `npm start` has to hear of the alliance configuration before the demonstration begins. */
import { compareConfigurationInForce } from '../../db/directory/alliance-configuration.ts';
import { createDatabase, createPool } from '../../db/kit/database.ts';
import { defaultConfiguration } from '../../domain/alliance/configuration.ts';
import { buildDemoConfiguration } from '../../domain/demo/alliance.ts';

/**
 * Resolves with one line, or with undefined when what is in force is what this release would set by itself. Of a demonstration it would set
 * where referrals are rerouted to as well, so that this is no difference.
 */
export async function findConfigurationNotice(databaseUrl: string, demo: boolean): Promise<string | undefined> {
  const db = createDatabase(createPool(databaseUrl, { connections: 1 }));
  try {
    const { line, differs } = await compareConfigurationInForce(
      db,
      demo ? { ...defaultConfiguration, ...buildDemoConfiguration() } : defaultConfiguration,
    );
    return differs ? line : undefined;
  } finally {
    await db.destroy();
  }
}
