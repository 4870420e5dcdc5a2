/** The connection to Temporal. Lazy: a server that is down fails a call, not the start. */
import { Client, Connection } from '@temporalio/client';

export interface TemporalSettings {
  TEMPORAL_ADDRESS: string;
  TEMPORAL_NAMESPACE: string;
}

export function createTemporalClient({ TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE }: TemporalSettings): Client {
  return new Client({ connection: Connection.lazy({ address: TEMPORAL_ADDRESS, connectTimeout: '3s' }), namespace: TEMPORAL_NAMESPACE });
}

/** Whether the frontend answers within the time. */
export async function temporalAnswers(client: Client, timeoutMs = 2_000): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + timeoutMs, () => client.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}
