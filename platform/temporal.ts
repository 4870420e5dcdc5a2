/** The connection to Temporal. It is made with the first call, so that a process starts although the server is down. */
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { compressingCodec, createDocumentCodec, type DocumentShelf } from './payload-codec.ts';

export interface TemporalSettings {
  TEMPORAL_ADDRESS: string;
  TEMPORAL_NAMESPACE: string;
}

/**
 * How clients write arguments and read results. What they send names its documents already, because it is sent as it was stored; what they are
 * answered has none. Recorded runs bring their documents along, so that a replay needs no more than this either.
 */
export const dataConverter: DataConverter = { payloadCodecs: [compressingCodec] };

/** How workers read and write histories. */
export const createWorkerDataConverter = (shelf: DocumentShelf): DataConverter => ({ payloadCodecs: [createDocumentCodec(shelf)] });

export function createTemporalClient({ TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE }: TemporalSettings): Client {
  const connection = Connection.lazy({ address: TEMPORAL_ADDRESS, connectTimeout: '3s' });
  return new Client({ connection, namespace: TEMPORAL_NAMESPACE, dataConverter });
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
