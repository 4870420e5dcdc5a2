import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { Database } from '../../../db/kit/database.ts';
import { longFormOf } from '../../../db/kit/documents.ts';
import type { DischargeState } from '../../../domain/discharge/state.ts';
import type { FollowUpState } from '../../../domain/follow-up/state.ts';
import { type Decider, type Decision, evolve, findEarliest, type PathwayEvent, stepKey } from '../../../domain/kit/pathway.ts';
import { deciders, findDecider } from '../../../domain/kit/registry.ts';
import { findDigestPart } from '../../../domain/messages/digest.ts';
import { partyOf, type ReferralState } from '../../../domain/referral/state.ts';
import { businessStatusOf } from '../../../domain/referral/transitions.ts';
import { instantOf } from '../../../domain/time/sla-clock.ts';
import { toMessageId } from '../../../worker/outbox/mail-sender.ts';
import type { Answered } from '../chaos/callers.ts';
import { findBrokenEpisode } from './episode-invariants.ts';
import { findBrokenFollowUp, findReferralsWithoutVisit } from './follow-up-invariants.ts';
import { type Evidence, findUnsettledMessages, findUnsettledPathways, settle } from './settling.ts';

export type { Evidence };

/** The domain of CAREPATH_MAIL_FROM's default. */
const MAIL_DOMAIN = 'alliance.invalid';

type State = Record<string, unknown>;

interface Pathway {
  id: string;
  kind: string;
  version: number;
  state: State;
  status: 'open' | 'ended';
  next_due_at: Date | null;
  decider: Decider<State>;
  decisions: { version: number; key: string; event: PathwayEvent; decision: Decision<State> }[];
}

/**
 * What must hold of commands and pathways. @returns one sentence per broken invariant; first waits until every command is answered and every
 * workflow idle, `withinMs` at most
 */
export async function findBrokenInvariants(evidence: Evidence, withinMs = 90_000): Promise<string[]> {
  const unsettled = await settle(() => findUnsettledPathways(evidence), withinMs);
  const pathways = await readPathways(evidence.db);
  const broken = [
    ...(await answersKept(evidence)),
    ...(await decisionsOfCommands(evidence.db)),
    ...(await findReferralsWithoutVisit(evidence.db)),
  ];
  // One after the other: tens of thousands at once would wait longer for a connection than the pool lets them.
  for (const pathway of pathways) broken.push(...(await agreement(evidence.db, pathway)));
  return [...unsettled, ...broken];
}

/** The same of messages; waits until all are sent. One that a dying worker had claimed is sent when its lease of 60 s is over. */
export async function findBrokenDeliveries(evidence: Evidence, withinMs = 120_000): Promise<string[]> {
  const unsettled = await settle(() => findUnsettledMessages(evidence), withinMs);
  return [...unsettled, ...(await messagesDelivered(evidence, await readPathways(evidence.db)))];
}

// --- commands --------------------------------------------------------------------------------------------

/** What a caller was told has happened, exactly once; what was refused has not. */
async function answersKept({ db, answered }: Evidence): Promise<string[]> {
  const broken: string[] = [];
  const rows = await db
    .selectFrom('command')
    .select(['account_id', 'idempotency_key', 'pathway_id', 'outcome', 'response_status'])
    .execute();
  const byKey = new Map(rows.map((row) => [`${row.account_id} ${row.idempotency_key}`, row]));
  const told = new Map<string, Answered>();
  for (const one of answered) {
    const id = `${one.personId} ${one.question.key}`;
    const first = told.get(id) ?? one;
    told.set(id, first);
    // What was refused before it was stored leaves the key unused: it may be answered otherwise later.
    if (byKey.has(id) && !isDeepStrictEqual([first.status, first.body], [one.status, one.body]))
      broken.push(`the key ${one.question.key} was answered ${first.status} and then ${one.status}, or with another body`);
  }
  for (const [id, { question, status, body }] of told) {
    const row = byKey.get(id);
    const outcome = row?.outcome as { ok: boolean; version?: number } | null | undefined;
    const what = `${question.path} (key ${question.key}) was answered ${status}`;
    // A FHIR transaction is known by the identifier of its Bundle, whatever its key.
    if (status < 300 && !row && question.path !== '/fhir') broken.push(`${what} and is not stored`);
    if (status < 300 && row?.pathway_id && !outcome?.ok) broken.push(`${what} and its outcome is ${JSON.stringify(outcome)}`);
    // The resource may have gone further before it was shown.
    if (status < 300 && outcome?.ok && typeof body.version === 'number' && body.version < (outcome.version ?? 0))
      broken.push(`${what} with version ${body.version}, and happened as ${outcome.version}`);
    if (status >= 400 && outcome?.ok) broken.push(`${what} and has happened all the same`);
    if (row && row.response_status !== null && row.response_status !== status) broken.push(`${what} and ${row.response_status} is stored`);
  }
  return broken;
}

/** An outcome ok is exactly one decision of the same version; a decision of a command is an outcome; both are audited once. */
async function decisionsOfCommands(db: Database): Promise<string[]> {
  const commands = await db
    .selectFrom('command')
    .select(['id', 'pathway_id', 'pathway_kind', 'name', 'outcome', 'request_id'])
    .where('pathway_id', 'is not', null)
    .execute();
  const decisions = await db.selectFrom('decision').select(['pathway_id', 'version', 'key', 'event']).execute();
  const audited = await db
    .selectFrom('audit')
    .select(['action', 'target_id', 'outcome', 'request_id'])
    .where(
      'action',
      'in',
      deciders.flatMap(({ kind, commands }) => commands.map((name) => `${kind}.${name}`)),
    )
    .execute();
  const broken: string[] = [];
  const byKey = new Map<string, (typeof decisions)[number]>();
  for (const decision of decisions) {
    if (byKey.has(decision.key)) broken.push(`two decisions have the key ${decision.key}`);
    byKey.set(decision.key, decision);
  }
  // A visit that is refused may still have raised what was measured at it, in the same request.
  const auditKey = (outcome: string, requestId: string | null, action: string) => `${outcome} ${requestId} ${action}`;
  const audits = new Map<string, number>();
  for (const { outcome, request_id, action } of audited) {
    const key = auditKey(outcome, request_id, action);
    audits.set(key, (audits.get(key) ?? 0) + 1);
  }
  for (const command of commands) {
    const outcome = command.outcome as { ok: boolean; version?: number } | null;
    const what = `command ${command.id} (${command.name})`;
    const key = stepKey(command.pathway_id as string, command.id);
    const decision = byKey.get(key);
    byKey.delete(key);
    if (outcome?.ok && decision?.version !== outcome.version)
      broken.push(`${what} has the outcome version ${outcome.version} and the decision ${decision?.version ?? 'none'}`);
    if (!outcome?.ok && decision) broken.push(`${what} has a decision and the outcome ${JSON.stringify(outcome)}`);
    const expected = outcome === null ? [0, 0] : outcome.ok ? [1, 0] : [0, 1];
    const action = `${command.pathway_kind}.${command.name}`;
    const counted = ['done', 'refused'].map((one) => audits.get(auditKey(one, command.request_id, action)) ?? 0);
    if (!isDeepStrictEqual(counted, expected))
      broken.push(
        `${what} with the outcome ${JSON.stringify(outcome)} is audited ${counted[0]} times as done and ${counted[1]} times as refused`,
      );
  }
  for (const { key, event } of byKey.values())
    if ((event as PathwayEvent).kind === 'command') broken.push(`the decision ${key} belongs to no command`);
  return broken;
}

// --- messages -----------------------------------------------------------------------------------------------

/** Every message that a decision or a recall asks for is there, nothing else is, and each has reached its receiver once in effect. */
async function messagesDelivered({ db, sms, mail }: Evidence, pathways: Pathway[]): Promise<string[]> {
  const messages = await db.selectFrom('message').select(['key', 'channel', 'pathway_id', 'status', 'bundle_id']).execute();
  const broken: string[] = [];
  const told = await db.selectFrom('recall_holder').select(['recall_id', 'holder_type', 'holder_id']).execute();
  const asked = pathways.flatMap(({ id, decisions }) =>
    decisions.flatMap(({ decision }) =>
      decision.messages.map((message) => ({ ...message, begin: `${id}:${message.step}:${message.template}:` })),
    ),
  );
  // Routine messages to staff are counted in the digests of the morning, each of which stands for many.
  const counted = asked.filter(({ template }) => findDigestPart(template) !== undefined);
  // A reminder that would come too late is left out, and so is a call about a task that somebody has claimed.
  const optional = asked.filter(({ remindsOf, unlessClaimed }) => remindsOf !== undefined || unlessClaimed !== undefined);
  // The ladder itself asks the contact of a resident whom a message has not reached, and puts together what can wait.
  const contactKeys = ['contact:', 'bundle:'];
  const needless = new Set([...[...counted, ...optional].map(({ begin }) => begin), ...contactKeys]);
  const wanted = new Set([
    ...asked.map(({ begin }) => begin),
    ...(counted.length > 0 ? ['digest:'] : []),
    ...contactKeys,
    // The act that recalls packs tells their holders itself, whether the recall's pathway has begun or not.
    ...told.map(({ recall_id, holder_type, holder_id }) => `${recall_id}:stop-use:${holder_type}-${holder_id}:`),
  ]);
  const found = new Set<string>();
  for (const { key } of messages) {
    const begin = [...wanted].find((prefix) => key.startsWith(prefix));
    if (begin) found.add(begin);
    else broken.push(`no decision asks for the message ${key}`);
  }
  for (const begin of wanted)
    if (!found.has(begin) && !needless.has(begin)) broken.push(`no message begins with ${begin}, and a decision asks for one`);

  const keys = new Set(messages.flatMap(({ key }) => [key, toMessageId(key, MAIL_DOMAIN)]));
  const inDoubt = new Set(
    (
      await db
        .selectFrom('message')
        .innerJoin('message_attempt', 'message_attempt.message_id', 'message.id')
        .select('key')
        .where((eb) =>
          eb.or([
            eb.and([eb('status', '=', 'withdrawn'), eb('result', '=', 'unknown')]),
            // The night or another day has begun on its clock before the attempt of a process that died could be repeated.
            eb.and([eb('status', '=', 'waiting'), eb('waits_for', 'in', ['quiet-hours', 'daily-cap']), eb('result', 'is', null)]),
          ]),
        )
        .execute()
    ).map(({ key }) => key),
  );
  for (const { key, channel, status, bundle_id } of messages) {
    // Calls and letters reach no sink. A message that was withdrawn or waits for a later hour after an attempt without a known result may have reached its sink.
    if (!['sms', 'email'].includes(channel) || inDoubt.has(key)) continue;
    const sink = channel === 'sms' ? sms : mail;
    const delivered = sink.deliveries.has(channel === 'sms' ? key : toMessageId(key, MAIL_DOMAIN));
    if (bundle_id !== null) {
      if (delivered) broken.push(`the message ${key} went by itself and as a part of another one`);
      continue;
    }
    if (delivered !== (status === 'sent')) broken.push(`the message ${key} is ${status} and was ${delivered ? '' : 'not '}delivered`);
  }
  broken.push(...(await partsBroken(db)));
  for (const sink of [sms, mail])
    for (const key of sink.deliveries.keys()) if (!keys.has(key)) broken.push(`something was delivered that is no message: ${key}`);
  return broken;
}

/** A part goes with the message that carries it, and a resident gets at most one message a day of what can wait. */
async function partsBroken(db: Database): Promise<string[]> {
  const { rows } = await sql<{ key: string; what: string }>`
    select part.key, 'is ' || part.status || ' and what carries it is ' || carrier.status as what
    from message as part join message as carrier on carrier.id = part.bundle_id
    where part.status <> case carrier.status when 'waiting' then 'bundled' when 'in-hand' then 'bundled' else carrier.status end
      and part.status <> 'withdrawn'
    union all
    select min(key), 'is one of ' || count(*) || ' messages of a day that could have waited' from message
    where status = 'sent' and sending = 'with-others' and bundle_id is null and channel in ('sms', 'wechat', 'app')
    group by recipient_id, ((sent_at + coalesce(clock_offset_ms, 0) * interval '1 millisecond') at time zone 'Asia/Shanghai')::date
    having count(*) > 1`.execute(db);
  return rows.map(({ key, what }) => `the message ${key} ${what}`);
}

// --- a pathway: log, state, tasks, projection ------------------------------------------------------------

async function readPathways(db: Database): Promise<Pathway[]> {
  const rows = await db.selectFrom('pathway').select(['id', 'kind', 'version', 'state', 'status', 'next_due_at']).execute();
  const decisions = await db
    .selectFrom('decision')
    .select(['pathway_id', 'version', 'key', 'event', 'decision'])
    .orderBy('version')
    .execute();
  const states = await longFormOf(
    db,
    rows.map(({ state }) => state),
  );
  const long = await longFormOf(
    db,
    decisions.map(({ event, decision }) => ({ event, decision })),
  );
  const whole = decisions.map((row, index) => ({ ...row, ...long[index] }));
  return rows.map((row, index) => ({
    ...row,
    state: states[index] as State,
    decider: findDecider(row.kind) as Decider<State>,
    decisions: whole
      .filter((decision) => decision.pathway_id === row.id)
      .map(({ version, key, event, decision }) => ({ version, key, event: event as PathwayEvent, decision: decision as Decision<State> })),
  }));
}

async function agreement(db: Database, pathway: Pathway): Promise<string[]> {
  const { id, kind, decider, decisions } = pathway;
  if (pathway.version === 0)
    return pathway.status === 'ended' && decisions.length === 0 ? [] : [`${kind}/${id}: it was never created and is ${pathway.status}`];
  const broken: string[] = [];
  if (
    !isDeepStrictEqual(
      decisions.map(({ version }) => version),
      Array.from({ length: pathway.version }, (_, index) => index + 1),
    )
  )
    broken.push(`the decisions' versions are ${decisions.map(({ version }) => version)}, the row's is ${pathway.version}`);
  const replayed = decisions.reduce((state, { decision }) => evolve(state, decision), decider.initial);
  if (!isDeepStrictEqual(asStored(replayed), pathway.state)) broken.push('the decisions lead to another state than the row holds');
  const next = decider.ended(pathway.state) ? undefined : findEarliest(decider.obligations(pathway.state));
  if ((next && new Date(next.at).getTime()) !== pathway.next_due_at?.getTime())
    broken.push(`due next is ${pathway.next_due_at?.toISOString()}, the state says ${next && new Date(next.at).toISOString()}`);
  if (decider.ended(pathway.state) !== (pathway.status === 'ended')) broken.push(`it is ${pathway.status} and its state says otherwise`);
  broken.push(...(await timelineBroken(db, pathway)), ...(await tasksBroken(db, pathway)));
  if (kind === 'referral') broken.push(...(await referralBroken(db, id, pathway.state as unknown as ReferralState)));
  if (kind === 'follow-up') broken.push(...(await findBrokenFollowUp(db, id, pathway.state as unknown as FollowUpState, decisions)));
  if (kind === 'discharge') broken.push(...(await findBrokenEpisode(db, id, pathway.state as unknown as DischargeState, decisions)));
  return broken.map((what) => `${kind}/${id}: ${what}`);
}

/** The timeline is the decisions' entries in order; no rung of a clock stands there twice. */
async function timelineBroken(db: Database, { id, decisions }: Pathway): Promise<string[]> {
  const rows = await db
    .selectFrom('timeline')
    .select(['seq', 'version', 'event', 'from_status', 'to_status', 'because', 'happened_at'])
    .where('pathway_id', '=', id)
    .orderBy('seq')
    .execute();
  const broken: string[] = [];
  const entries = decisions.flatMap(({ version, decision }) =>
    decision.entries.map((entry) => [version, entry.event, entry.from, entry.to, decision.at]),
  );
  if (
    !isDeepStrictEqual(
      rows.map((row) => [row.version, row.event, row.from_status, row.to_status, row.happened_at.getTime()]),
      entries,
    )
  )
    broken.push('the timeline is not what the decisions say');
  const rungs = rows
    .filter(({ event }) => event.startsWith('rung-'))
    .map(({ event, because }) => `${event} of the clock ${(because as { evidence?: { clock?: string } }[])[0]?.evidence?.clock}`);
  for (const rung of new Set(rungs)) if (rungs.filter((one) => one === rung).length > 1) broken.push(`${rung} fired twice`);
  return broken;
}

async function tasksBroken(db: Database, { id, decider, state }: Pathway): Promise<string[]> {
  const open = await db
    .selectFrom('task')
    .select(['id', 'clock', 'due_at'])
    .where('pathway_id', '=', id)
    .where('status', '=', 'open')
    .where('message_id', 'is', null) // Tasks for calls and letters are left out, because their messages open and close them.
    .orderBy('id')
    .execute();
  const wanted = decider
    .tasks(state)
    .map((task) => ({ id: `${id}.${task.id}`, clock: asStored(task.clock), due: instantOf(task.clock, 100) ?? null }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const standing = open.map((task) => ({ id: task.id, clock: task.clock, due: task.due_at?.getTime() ?? null }));
  return isDeepStrictEqual(standing, wanted)
    ? []
    : [`the open tasks are ${standing.map((task) => task.id)}, the state asks for ${wanted.map((task) => task.id)}`];
}

async function referralBroken(db: Database, id: string, state: ReferralState): Promise<string[]> {
  const row = await db.selectFrom('referral').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row || state.status === null) return ['it has no referral'];
  const recipient = partyOf(state, 'recipient');
  const due = state.clock ? (instantOf(state.clock, 100) ?? null) : null;
  const shown = [
    row.status,
    row.business_status,
    row.patient_id,
    row.institution_id,
    row.department_id,
    row.sent_at?.getTime() ?? null,
    row.closed_at?.getTime() ?? null,
    row.due_at?.getTime() ?? null,
  ];
  const wanted = [
    state.status,
    businessStatusOf(state.status),
    state.patientId,
    recipient.institutionId,
    recipient.departmentId,
    state.sentAt,
    state.closedAt,
    due,
  ];
  const legs = await db.selectFrom('referral_leg').selectAll().where('referral_id', '=', id).orderBy('n').execute();
  const shownLegs = legs.map((leg) => ({
    n: leg.n,
    institutionId: leg.institution_id,
    departmentId: leg.department_id,
    from: leg.from_at.getTime(),
    to: leg.to_at?.getTime() ?? null,
    endReason: leg.end_reason,
  }));
  const wantedLegs = state.legs.map(({ n, institutionId, departmentId, from, to, endReason }) => ({
    n,
    institutionId,
    departmentId,
    from,
    to,
    endReason,
  }));
  const booking = await db.selectFrom('slot_booking').select('slot_id').where('referral_id', '=', id).executeTakeFirst();
  const [booked, agreed] = [booking?.slot_id ?? null, state.appointment?.slotId ?? null];
  return [
    ...(booked === agreed ? [] : [`it has booked the slot ${booked}, the state has ${agreed}`]),
    ...(isDeepStrictEqual(shown, wanted) ? [] : [`the referral shows ${JSON.stringify(shown)}, the state is ${JSON.stringify(wanted)}`]),
    ...(isDeepStrictEqual(shownLegs, wantedLegs)
      ? []
      : [`the referral has the legs ${JSON.stringify(shownLegs)}, the state ${JSON.stringify(wantedLegs)}`]),
  ];
}

/** As JSON keeps it: fields that are undefined are not there. */
const asStored = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
