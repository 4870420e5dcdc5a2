/** What scans name, found in the tables: their stops, rounds and things, for any number of scans in four statements. */
import { sql } from 'kysely';
import type { Actor } from '../../../domain/kit/pathway.ts';
import type { Holder } from '../../../domain/sterile-supply/vocabulary.ts';
import type { RoundMode } from '../../../domain/supply-round/protocol.ts';
import type { Trx } from '../../kit/transaction.ts';
import { selectAskedPacks, selectAskedThings } from '../find-things.ts';
import { type MentionedPack, mentionsOf, readScanBody, type ScanBody } from './scan-bodies.ts';

/** A scan as it is stored, at the time that it counts by. */
export interface ScanToApply {
  id: string;
  deviceId: string;
  seq: number;
  type: string;
  correctedAt: Date;
  receivedAt: Date;
  body: unknown;
  sentBy: Actor;
}

export interface ObservedStop {
  id: string;
  roundId: string;
  institutionId: string;
  mode: RoundMode;
  driverId: string;
  courierId: string;
  failed: boolean;
}

export type ObservedThing =
  | { type: 'pack'; id: string; print: number | null }
  | { type: 'set-instance' | 'transport-box' | 'vehicle'; id: string };

export interface Mention extends Omit<MentionedPack, 'code'> {
  code: string;
  /** Undefined: nothing has this code. */
  thing: ObservedThing | undefined;
}

export interface ObservedScan extends Omit<ScanToApply, 'body'> {
  body: ScanBody;
  stop: ObservedStop | undefined;
  /** The round that the stop belongs to, or that the scan names. */
  roundId: string | null;
  /** Where it happened: the stop's centre, else the round, else where the sender works. */
  place: Holder;
  /** The institution of the place; of a round the sender's. */
  institutionId: string;
  mentions: Mention[];
  /** A stop or round that it names and that there is not. */
  unknownIds: string[];
}

export async function resolveScans(trx: Trx, scans: readonly ScanToApply[]): Promise<ObservedScan[]> {
  const read = scans.map((scan) => ({ scan, body: readScanBody(scan.body) }));
  const stops = await lockStops(
    trx,
    read.flatMap(({ body }) => body.stopId ?? []),
  );
  const rounds = await findRounds(
    trx,
    read.flatMap(({ body }) => body.roundId ?? []),
  );
  const departments = await findDepartments(trx);
  const mentions = read.map(({ scan, body }) => mentionsOf(scan.type, body));
  const things = await findObservedThings(trx, mentions.flat());
  return read.map(({ scan, body }, n): ObservedScan => {
    const stop = body.stopId === undefined ? undefined : stops.get(body.stopId);
    const roundId = stop?.roundId ?? (body.roundId !== undefined && rounds.has(body.roundId) ? body.roundId : null);
    const place = placeOf(stop, roundId, scan.sentBy.institutionId, departments);
    return {
      ...scan,
      body,
      stop,
      roundId,
      place,
      institutionId: stop?.institutionId ?? scan.sentBy.institutionId,
      mentions: (mentions[n] ?? []).map((mention) => ({ ...mention, thing: things.get(mention.code) })),
      unknownIds: [
        ...(body.stopId !== undefined && !stop ? [body.stopId] : []),
        ...(body.roundId !== undefined && !stop && !rounds.has(body.roundId) ? [body.roundId] : []),
      ],
    };
  });
}

function placeOf(stop: ObservedStop | undefined, roundId: string | null, workplaceId: string, departments: ReadonlySet<string>): Holder {
  if (stop) return { type: 'centre', id: stop.institutionId };
  if (roundId !== null) return { type: 'round', id: roundId };
  return { type: departments.has(workplaceId) ? 'cssd' : 'centre', id: workplaceId };
}

/** Locks the stops: what is observed of one is judged by one after the other. */
async function lockStops(trx: Trx, ids: readonly string[]): Promise<Map<string, ObservedStop>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<ObservedStop>`
    select stop.id, round_id as "roundId", institution_id as "institutionId", mode, driver_id as "driverId", courier_id as "courierId",
      stop.status = 'failed' as failed
    from round_stop as stop join supply_round on supply_round.id = round_id
    where stop.id::text = any(${[...new Set(ids)]}::text[])
    order by stop.id for update of stop`.execute(trx);
  return new Map(rows.map((row) => [row.id, row]));
}

async function findRounds(trx: Trx, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`select id from supply_round where id::text = any(${[...new Set(ids)]}::text[])`.execute(trx);
  return new Set(rows.map(({ id }) => id));
}

async function findDepartments(trx: Trx): Promise<Set<string>> {
  const rows = await trx.selectFrom('institution').select('id').where('kind', '=', 'sterile-supply-department').execute();
  return new Set(rows.map(({ id }) => id));
}

/** A code may be a pack's, a set's, a box's or a vehicle's, looked for in this order. One statement. */
async function findObservedThings(trx: Trx, mentions: readonly MentionedPack[]): Promise<Map<string, ObservedThing>> {
  const codes = [...new Set(mentions.map(({ code }) => code))];
  if (codes.length === 0) return new Map();
  const { rows } = await sql<{ asked: string; type: ObservedThing['type']; id: string; print: number | null }>`
    select asked, 'pack' as type, id, print, 1 as place from (${selectAskedPacks(codes)}) as pack
    union all select asked, 'set-instance', id, null, 2 from (${selectAskedThings('set_instance', codes)}) as set
    union all select asked, 'transport-box', id, null, 3 from (${selectAskedThings('transport_box', codes)}) as box
    union all select asked, 'vehicle', id, null, 4 from (${selectAskedThings('vehicle', codes)}) as vehicle
    order by place desc`.execute(trx);
  // What is looked for first comes last and stays.
  return new Map(rows.map(({ asked, type, id, print }) => [asked, type === 'pack' ? { type, id, print } : { type, id }]));
}
