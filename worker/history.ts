/** Histories as text, in the JSON of protobuf that Temporal's other tools write too. */
import { createRequire } from 'node:module';
import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { patchProtobufRoot } from '@temporalio/proto/lib/patch-protobuf-root.js';
import type { History } from '../platform/pathway-runs.ts';

interface ProtobufJson {
  toJson(type: unknown, message: unknown): unknown;
  fromJson(type: unknown, json: unknown, options: { ignoreUnknownFields: boolean }): unknown;
}

// protobufjs recognises types by their class, so its functions must come from the copy that @temporalio/proto itself uses.
// @temporalio/common's historyToJSON fails wherever npm gives the two packages a copy each.
const requireOfProto = createRequire(createRequire(import.meta.url).resolve('@temporalio/proto'));
const { toJson, fromJson } = requireOfProto('protobufjs/ext/protojson') as ProtobufJson;

const { History: HistoryMessage } = proto.temporal.api.history.v1;
const historyType = (patchProtobufRoot(proto) as unknown as { lookupType(name: string): unknown }).lookupType(
  'temporal.api.history.v1.History',
);

/** Writes a history on one line, without the names of the machines that took part. */
export function historyToText(history: History): string {
  return `${JSON.stringify(withoutIdentities(toJson(historyType, HistoryMessage.fromObject(history))))}\n`;
}

/** Replaces every payload, in the history itself: its parts are of protobuf's own classes, which a copy would lose. */
export async function replacePayloads(history: History, change: (payload: Payload) => Promise<Payload>): Promise<void> {
  const replaceIn = async (parent: Record<string, unknown>): Promise<void> => {
    for (const [name, member] of Object.entries(parent)) {
      if (isPayload(member)) parent[name] = await change(member);
      else if (typeof member === 'object' && member !== null && !(member instanceof Uint8Array))
        await replaceIn(member as Record<string, unknown>);
    }
  };
  await replaceIn(history as Record<string, unknown>);
}

const isPayload = (value: unknown): value is Payload =>
  typeof value === 'object' && value !== null && 'metadata' in value && 'data' in value && value.data instanceof Uint8Array;

/** Reads what `historyToText` has written. Throws an Error for anything that is no history. */
export function historyFromText(text: string): History {
  const history = fromJson(historyType, JSON.parse(text), { ignoreUnknownFields: true }) as History;
  if (!history.events?.[0]?.workflowExecutionStartedEventAttributes) throw new Error('A history begins with the start of its workflow.');
  return history;
}

const NOBODY = 'recorded';

/** Processes sign their events with pid@host and name their own queues after it, so the signature is replaced wherever it stands. */
function withoutIdentities(json: unknown): unknown {
  const identities = new Set<string>();
  mapTexts(json, (key, value) => {
    if (key === 'identity' && value !== '') identities.add(value);
    return value;
  });
  return mapTexts(json, (_key, value) => [...identities].reduce((text, identity) => text.replaceAll(identity, NOBODY), value));
}

/** Returns a copy in which `change` has replaced every text. */
function mapTexts(value: unknown, change: (key: string, text: string) => string, key = ''): unknown {
  if (typeof value === 'string') return change(key, value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapTexts(member, change, name)]));
}
