/** What the alliance has agreed on about its connections: how long a message may stay without an answer. */
import { defaultInterfaceConfiguration, type InterfaceConfiguration } from '../../domain/alliance/configuration.ts';
import { loadAllianceConfiguration } from '../directory/alliance-configuration.ts';
import type { Database } from '../kit/database.ts';

export async function loadInterfaceConfiguration(db: Database): Promise<InterfaceConfiguration> {
  return { ...defaultInterfaceConfiguration, ...(await loadAllianceConfiguration(db))?.configuration.interfaces };
}
