/** The connection to Temporal. It is made with the first call, so that a process starts although the server is down. */
import { Client, Connection } from '@temporalio/client';

export interface TemporalSettings {
  TEMPORAL_ADDRESS: string;
  TEMPORAL_NAMESPACE: string;
}

export function createTemporalClient({ TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE }: TemporalSettings): Client {
  return new Client({ connection: Connection.lazy({ address: TEMPORAL_ADDRESS, connectTimeout: '3s' }), namespace: TEMPORAL_NAMESPACE });
}

/** Says whether the frontend of Temporal answers within the time. It never rejects. */
export async function isTemporalAnswering(client: Client, timeoutMs = 2_000): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + timeoutMs, () => client.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}
