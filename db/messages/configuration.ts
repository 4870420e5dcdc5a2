/** What the alliance has agreed on about messages: calls, letters, quiet hours, how long a confirmation may take. */
import { defaultMessageConfiguration, type MessageConfiguration } from '../../domain/alliance/configuration.ts';
import { loadAllianceConfiguration } from '../directory/alliance-configuration.ts';
import type { Database } from '../kit/database.ts';

export async function loadMessageConfiguration(db: Database): Promise<MessageConfiguration> {
  return { ...defaultMessageConfiguration, ...(await loadAllianceConfiguration(db))?.configuration.messages };
}
