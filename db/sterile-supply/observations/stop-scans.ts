/** What scans say of stops: their steps, signatures and sealed units, and whether the protocol was kept. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { StopStep } from '../../../domain/sterile-supply/vocabulary.ts';
import { judgeProtocol, type ProtocolJudgement } from '../../../domain/supply-round/judge-protocol.ts';
import type { StepDetails } from '../../supply-round/lock-stop.ts';
import type { Act } from '../act.ts';
import { appendLedger } from '../ledger.ts';
import type { Problem } from './findings.ts';
import { ownOf } from './pack-scans.ts';
import type { ObservedStop } from './resolve-scans.ts';
import type { StepScan } from './step-scans.ts';
import { stowUnits } from './stop-units.ts';

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
  /** Those for which somebody of the centre has signed in a session of their own. */
  provedStopIds: ReadonlySet<string>;
}

export async function observeStops(act: Act, scans: readonly StepScan[]): Promise<ObservedStops> {
  if (scans.length === 0) return { problems: [], stopIds: [], provedStopIds: new Set() };
  const stops = new Map(scans.map(({ stop }) => [stop.id, stop]));
  await insertSteps(act, scans);
  await insertSignatures(act, scans);
  const steps = await loadSteps(act, [...stops.keys()]);
  const sides = await loadSides(act, [...stops.keys()]);
  const judged = [...stops.values()].map((stop): Judged => {
    const ofStop = steps.filter(({ stopId }) => stopId === stop.id);
    return { stop, steps: ofStop, judgement: judgeProtocol(stop.mode, ofStop), signedBy: sides.filter(({ stopId }) => stopId === stop.id) };
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
  const ofUnits = await stowUnits(act, scans);
  const proved = judged.filter(({ signedBy }) => signedBy.some(({ side, verified }) => side === 'centre' && verified));
  return {
    problems: [...judged.flatMap(problemsOfProtocol), ...ofUnits],
    stopIds: [...stops.keys()],
    provedStopIds: new Set(proved.map(({ stop }) => stop.id)),
  };
}

async function insertSteps({ trx }: Act, scans: readonly StepScan[]): Promise<void> {
  await trx
    .insertInto('stop_step')
    .values(
      scans.map((scan) => ({
        id: uuid(),
        stop_id: scan.stop.id,
        step: scan.type,
        happened_at: scan.correctedAt,
        done_by: JSON.stringify(scan.sentBy),
        scan_id: scan.id,
        details: JSON.stringify(detailsOf(scan)),
      })),
    )
    .execute();
}

function detailsOf({ type, body, mentions }: StepScan): StepDetails {
  const packs = (event: string) =>
    mentions.flatMap((mention) =>
      mention.thing?.type === 'pack' && mention.event === event ? [{ packId: mention.thing.id, mention }] : [],
    );
  const idsOf = (event: string) => packs(event).map(({ packId }) => packId);
  switch (type) {
    case 'sterile-handed':
      return { packIds: idsOf('sterile-handed') };
    case 'soiled-stowed':
      return { packIds: idsOf('returned-unopened') };
    case 'checked':
      return {
        accepted: idsOf('accepted'),
        rejected: packs('rejected-at-delivery').map(({ packId, mention }) => ({ packId, reason: mention.reason ?? 'damaged' })),
        checkedBy: body.checkedBy ?? null,
      };
    default:
      return {};
  }
}

/** Nobody has seen the signer: only whoever sends the scan signs in a session of their own. Whoever works for neither side signs for none. */
async function insertSignatures({ trx }: Act, scans: readonly StepScan[]): Promise<void> {
  const rows = scans.flatMap(({ body, stop, sentBy, correctedAt }) =>
    body.signatures.map(({ personId, method }) => ({
      stopId: stop.id,
      institutionId: stop.institutionId,
      personId,
      ofRound: personId === stop.driverId || personId === stop.courierId,
      method,
      verified: method === 'session' && personId === sentBy.personId,
      at: correctedAt,
    })),
  );
  if (rows.length === 0) return;
  await sql`
    insert into stop_signature (stop_id, person_id, side, method, verified, signed_at)
    select distinct on ("stopId", "personId") "stopId", person.id, case when "ofRound" then 'round' else 'centre' end, method, verified, at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given
      ("stopId" uuid, "institutionId" text, "personId" text, "ofRound" boolean, method text, verified boolean, at timestamptz)
      join person on person.id = "personId"
    where "ofRound" or exists (select from post where person_id = person.id and post.institution_id = given."institutionId")
    order by "stopId", "personId", verified desc, at
    on conflict (stop_id, person_id) do update set verified = stop_signature.verified or excluded.verified,
      method = case when excluded.verified and not stop_signature.verified then excluded.method else stop_signature.method end,
      signed_at = least(stop_signature.signed_at, excluded.signed_at)`.execute(trx);
}

interface SignedSide {
  stopId: string;
  side: 'round' | 'centre';
  verified: boolean;
}

async function loadSides({ trx }: Act, stopIds: readonly string[]): Promise<SignedSide[]> {
  return trx
    .selectFrom('stop_signature')
    .select(['stop_id as stopId', 'side', (expression) => expression.fn<boolean>('bool_or', ['verified']).as('verified')])
    .where('stop_id', 'in', [...stopIds])
    .groupBy(['stop_id', 'side'])
    .execute();
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
  /** Which sides have signed. */
  signedBy: SignedSide[];
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

function problemsOfProtocol({ stop, steps, judgement: { outOfOrder }, signedBy }: Judged): Problem[] {
  const about = {
    subject: { type: 'stop' as const, id: stop.id },
    institutionId: stop.institutionId,
    roundId: stop.roundId,
    stopId: stop.id,
  };
  const scanIdsOf = (some: readonly StoredStep[]) => some.flatMap(({ scanId }) => scanId ?? []);
  const closing = steps.filter(({ step }) => step === 'signed' || step === 'left');
  const unsigned = closing.length > 0 && new Set(signedBy.map(({ side }) => side)).size < 2;
  const protocol: Problem = {
    ...about,
    kind: 'protocol',
    evidence: { steps: outOfOrder.map(({ step }) => step) },
    scanIds: scanIdsOf(outOfOrder),
  };
  const signature: Problem = { ...about, kind: 'signature', evidence: {}, scanIds: scanIdsOf(closing) };
  return [...(outOfOrder.length > 0 ? [protocol] : []), ...(unsigned ? [signature] : [])];
}
