/** What scans say of stops: their steps, signatures and sealed units, and whether the protocol was kept. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { judgeProtocol, type ProtocolJudgement } from '../../../domain/sterile-supply/stop-protocol.ts';
import type { StopStep } from '../../../domain/sterile-supply/vocabulary.ts';
import { pickUpSlips } from '../../exchange-slip/pick-up.ts';
import type { Act } from '../act.ts';
import { findThings } from '../find-things.ts';
import { appendLedger } from '../ledger.ts';
import type { Problem } from './findings.ts';
import { ownOf } from './pack-scans.ts';
import type { ObservedScan, ObservedStop } from './resolve-scans.ts';
import { isStep } from './scan-bodies.ts';

export interface StepScan extends ObservedScan {
  type: StopStep;
  stop: ObservedStop;
}

export const stepScansOf = (scans: readonly ObservedScan[]): StepScan[] =>
  scans.filter((scan): scan is StepScan => scan.stop !== undefined && isStep(scan.type));

interface StoredStep {
  id: string;
  stopId: string;
  step: StopStep;
  inOrder: boolean;
  scanId: string | null;
}

export interface ObservedStops {
  problems: Problem[];
  /** The stops whose protocol was judged, for what is explained by now. */
  stopIds: string[];
}

export async function observeStops(act: Act, scans: readonly StepScan[]): Promise<ObservedStops> {
  if (scans.length === 0) return { problems: [], stopIds: [] };
  const stops = new Map(scans.map(({ stop }) => [stop.id, stop]));
  await insertSteps(act, scans);
  await insertSignatures(act, scans);
  const steps = await loadSteps(act, [...stops.keys()]);
  const judged = [...stops.values()].map((stop) => {
    const ofStop = steps.filter(({ stopId }) => stopId === stop.id);
    return { stop, steps: ofStop, judgement: judgeProtocol(stop.mode, ofStop) };
  });
  await writeJudgements(act, judged);
  await appendLedger(
    act,
    scans.map((scan) => ({
      thing: { type: 'stop' as const, id: scan.stop.id },
      event: scan.type,
      to: scan.type,
      institutionId: scan.institutionId,
      roundId: scan.roundId,
      stopId: scan.stop.id,
      ...ownOf(scan, act.recordedAt),
    })),
  );
  return { problems: [...judged.flatMap(problemsOfProtocol), ...(await stowUnits(act, scans))], stopIds: [...stops.keys()] };
}

async function insertSteps({ trx }: Act, scans: readonly StepScan[]): Promise<void> {
  await trx
    .insertInto('stop_step')
    .values(
      scans.map(({ id, type, stop, correctedAt, sentBy, body }) => ({
        id: uuid(),
        stop_id: stop.id,
        step: type,
        happened_at: correctedAt,
        done_by: JSON.stringify(sentBy),
        scan_id: id,
        details: JSON.stringify(body.checkedBy === undefined ? {} : { checkedBy: body.checkedBy }),
      })),
    )
    .execute();
}

/** Nobody has seen the signer: only whoever sends the scan signs in a session of their own. */
async function insertSignatures({ trx }: Act, scans: readonly StepScan[]): Promise<void> {
  const rows = scans.flatMap(({ body, stop, sentBy, correctedAt }) =>
    body.signatures.map(({ personId, method }) => ({
      stopId: stop.id,
      personId,
      side: personId === stop.driverId || personId === stop.courierId ? 'round' : 'centre',
      method,
      verified: method === 'session' && personId === sentBy.personId,
      at: correctedAt,
    })),
  );
  if (rows.length === 0) return;
  await sql`
    insert into stop_signature (stop_id, person_id, side, method, verified, signed_at)
    select "stopId", person.id, side, method, verified, at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given ("stopId" uuid, "personId" text, side text, method text, verified boolean, at timestamptz)
      join person on person.id = "personId"
    on conflict (stop_id, person_id) do nothing`.execute(trx);
}

/** In the order in which they happened. */
async function loadSteps({ trx }: Act, stopIds: readonly string[]): Promise<StoredStep[]> {
  const { rows } = await sql<StoredStep>`
    select stop_step.id, stop_step.stop_id as "stopId", step, in_order as "inOrder", scan_id as "scanId"
    from stop_step left join scan on scan.id = scan_id
    where stop_step.stop_id = any(${[...stopIds]}::uuid[])
    order by happened_at, coalesce(device_id::text, ''), coalesce(seq, 0), stop_step.id`.execute(trx);
  return rows;
}

interface Judged {
  stop: ObservedStop;
  steps: StoredStep[];
  judgement: ProtocolJudgement<StoredStep>;
}

/** The status is the last step by its time; a stop that failed stays so. */
async function writeJudgements({ trx }: Act, judged: readonly Judged[]): Promise<void> {
  const flags = judged.flatMap(({ steps, judgement }) =>
    steps.flatMap((step) => {
      const inOrder = !judgement.outOfOrder.includes(step);
      return step.inOrder === inOrder ? [] : [{ id: step.id, inOrder }];
    }),
  );
  if (flags.length > 0)
    await sql`
      update stop_step set in_order = given."inOrder" from jsonb_to_recordset(${JSON.stringify(flags)}::jsonb) as given (id uuid, "inOrder" boolean)
      where stop_step.id = given.id`.execute(trx);
  const statuses = judged.map(({ stop, judgement }) => ({ id: stop.id, status: judgement.last }));
  await sql`
    update round_stop set status = given.status from jsonb_to_recordset(${JSON.stringify(statuses)}::jsonb) as given (id uuid, status text)
    where round_stop.id = given.id and round_stop.status <> 'failed' and round_stop.status <> given.status`.execute(trx);
}

function problemsOfProtocol({ stop, steps, judgement: { outOfOrder, unsigned } }: Judged): Problem[] {
  const about = {
    subject: { type: 'stop' as const, id: stop.id },
    institutionId: stop.institutionId,
    roundId: stop.roundId,
    stopId: stop.id,
  };
  const protocol: Problem = {
    ...about,
    kind: 'protocol',
    evidence: { steps: outOfOrder.map(({ step }) => step) },
    scanIds: outOfOrder.flatMap(({ scanId }) => scanId ?? []),
  };
  return [
    ...(outOfOrder.length > 0 ? [protocol] : []),
    ...(unsigned
      ? [
          {
            ...about,
            kind: 'signature' as const,
            evidence: {},
            scanIds: steps.flatMap(({ step, scanId }) => (step === 'left' && scanId ? [scanId] : [])),
          },
        ]
      : []),
  ];
}

interface Unit {
  scan: StepScan;
  id: string;
  sealNumber: string;
  boxId: string;
  intact: boolean;
  special: string | null;
}

/** The sealed units of soiled goods go aboard, and with them what the slips of the stop declare. */
async function stowUnits(act: Act, scans: readonly StepScan[]): Promise<Problem[]> {
  const stowing = scans.filter(({ type }) => type === 'soiled-stowed');
  if (stowing.length === 0) return [];
  const named = stowing.flatMap((scan) => scan.body.consignments.map((unit) => ({ scan, ...unit })));
  const boxes = await findThings(act.trx, 'transport_box', [...new Set(named.map(({ boxId }) => boxId))]);
  const units = named.flatMap(({ scan, boxId, sealNumber, intact, special }): Unit[] => {
    const box = boxes.get(boxId);
    return box === undefined ? [] : [{ scan, id: uuid(), sealNumber, boxId: box, intact, special: special ?? null }];
  });
  const stowed = await insertUnits(act, units);
  await appendLedger(
    act,
    units.map(({ scan, boxId, sealNumber }) => ({
      thing: { type: 'transport-box' as const, id: boxId },
      event: 'soiled-stowed',
      holder: { type: 'round' as const, id: scan.stop.roundId },
      institutionId: scan.institutionId,
      roundId: scan.stop.roundId,
      stopId: scan.stop.id,
      details: { sealNumber },
      ...ownOf(scan, act.recordedAt),
    })),
  );
  for (const scan of stowing) await pickUp(act, scan);
  const unknown = named.filter(({ boxId }) => !boxes.has(boxId));
  return [
    ...unknown.map(
      ({ scan, boxId }): Problem => ({
        kind: 'unknown-code',
        subject: { type: 'code', id: boxId },
        institutionId: scan.institutionId,
        evidence: { seal: scan.stop.id },
        scanIds: [scan.id],
      }),
    ),
    ...units.filter(({ id, intact }) => !intact || !stowed.has(id)).map(problemOfSeal),
  ];
}

const problemOfSeal = ({ scan, boxId, sealNumber, intact }: Unit): Problem => ({
  kind: 'seal',
  subject: { type: 'transport-box', id: boxId },
  institutionId: scan.institutionId,
  roundId: scan.stop.roundId,
  stopId: scan.stop.id,
  evidence: { sealNumber, intact },
  scanIds: [scan.id],
});

/** Resolves with the units that are stowed as the scan says; a seal that closes something else, or a box of the sterile lane, is left out. */
async function insertUnits({ trx }: Act, units: readonly Unit[]): Promise<Set<string>> {
  if (units.length === 0) return new Set();
  const rows = units.map(({ scan, ...unit }) => ({
    ...unit,
    roundId: scan.stop.roundId,
    stopId: scan.stop.id,
    at: scan.correctedAt,
  }));
  const { rows: stowed } = await sql<{ id: string }>`
    with given as (
      select given.* from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given
        (id uuid, "sealNumber" text, "boxId" text, intact boolean, special text, "roundId" uuid, "stopId" uuid, at timestamptz)
        join transport_box on transport_box.id = "boxId" and lane = 'soiled'
    ), used as (
      update transport_box set last_used_at = greatest(last_used_at, given.at) from given where transport_box.id = given."boxId"
    ), stowed as (
      insert into consignment (id, round_id, stop_id, lane, box_id, seal_number, intact, special)
      select id, "roundId", "stopId", 'soiled', "boxId", "sealNumber", intact, special from given
      on conflict (seal_number) do nothing returning id
    )
    select id from stowed
    union select given.id from given join consignment on seal_number = "sealNumber" and stop_id = "stopId" and box_id = "boxId"`.execute(
    trx,
  );
  return new Set(stowed.map(({ id }) => id));
}

/** Counts of lines of other stops are left out: a scan is never refused. */
async function pickUp(act: Act, scan: StepScan): Promise<void> {
  const lines = await act.trx
    .selectFrom('slip_line')
    .innerJoin('exchange_slip', 'exchange_slip.id', 'slip_line.slip_id')
    .select('slip_line.id')
    .where('stop_id', '=', scan.stop.id)
    .where('direction', '=', 'collect')
    .execute();
  const known = new Set(lines.map(({ id }) => id));
  await pickUpSlips(
    { ...act, ...ownOf(scan, act.recordedAt) },
    {
      stopId: scan.stop.id,
      courierCounts: scan.body.courierCounts.filter(({ lineId }) => known.has(lineId)),
      consignments: scan.body.consignments,
    },
  );
}
