/** `carepath setup`: makes the first hospital of a real alliance and its two administrators in an empty database. */
import { setUpAlliance } from '../db/administration/set-up.ts';
import { createDatabase, createPool } from '../db/kit/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { activationAddress } from '../platform/activation-links.ts';
import type { Config } from '../platform/config.ts';
import { PlainError } from './recorded-runs.ts';

export interface AskedSetUp {
  hospitalZh: string;
  hospitalEn: string;
  system: string;
  security: string;
}

/** The links are on the terminal and nowhere else. @returns the exit code */
export async function setUp(asked: AskedSetUp, config: Config, out: { write(text: string): unknown }): Promise<number> {
  await migrateToLatest(config.DATABASE_URL);
  const db = createDatabase(createPool(config.DATABASE_URL, { connections: 1, statementTimeoutMs: 60_000 }));
  try {
    const { hospitalZh, hospitalEn, system, security } = asked;
    const made = await setUpAlliance(
      db,
      { hospitalZh, hospitalEn, systemAdministrator: system, securityAdministrator: security },
      new Date(),
    );
    if (!made) throw new PlainError('This database is not empty: setup makes a new alliance only where there is none yet.');
    const { hospitalId, systemAdministrator, securityAdministrator } = made;
    const link = (token: string) => activationAddress(config.CAREPATH_PUBLIC_URL, token);
    out.write(`The alliance begins with the hospital ${hospitalId}, ${hospitalZh} / ${hospitalEn}, and configuration 1.\n`);
    out.write('Give each administrator their link. Each opens once, and shows up nowhere else:\n');
    out.write(`  system administrator    ${system}  ${link(systemAdministrator.token)}\n`);
    out.write(`  security administrator  ${security}  ${link(securityAdministrator.token)}\n`);
    out.write(`The links are valid until ${systemAdministrator.expiresAt.toISOString()}.\n`);
    return 0;
  } finally {
    await db.destroy();
  }
}
