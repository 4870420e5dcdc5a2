/** What the alliance has agreed on about messages: calls, letters, quiet hours, how long a confirmation may take. */
import { defaultMessageConfiguration, type MessageConfiguration } from '../../domain/alliance/configuration.ts';
import { loadAllianceConfiguration } from '../directory/alliance-configuration.ts';
import type { Database } from '../kit/database.ts';

/** How long a letter waits for what comes of asking the contact. */
export const secondsForContact = async (db: Database): Promise<number> => (await loadMessageConfiguration(db)).letterAfterContactSeconds;

export async function loadMessageConfiguration(db: Database): Promise<MessageConfiguration> {
  return { ...defaultMessageConfiguration, ...(await loadAllianceConfiguration(db))?.configuration.messages };
}
