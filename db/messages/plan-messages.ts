/**
 * What becomes of messages whose turn has come: they go, wait for a better hour or for others of their day, or are withdrawn because they say what is no
 * longer so. Reads what the pure rules need; whoever is planned for is locked, so that two processes cannot both find room on the same day.
 */
import { type Selectable, sql } from 'kysely';
import type { MessageStanding } from '../../domain/kit/pathway.ts';
import { bundleTemplate } from '../../domain/messages/bundle-text.ts';
import { goesAtOnce, templatesThatNeverCall } from '../../domain/messages/bundling.ts';
import { type MessageRules, planMessage, planTogether, type ResidentDays } from '../../domain/messages/caps.ts';
import type { RecipientType } from '../../domain/messages/channels.ts';
import { audienceOf, messageStanding } from '../../domain/messages/message-standing.ts';
import { findResidentText } from '../../domain/messages/templates.ts';
import { DAY_MS, startOfDay } from '../../domain/time/shanghai.ts';
import type { Trx } from '../kit/transaction.ts';
import { dropParts, type ToBundle } from './bundles.ts';
import { loadMessageConfiguration } from './configuration.ts';
import type { MessageTable } from './tables.ts';

/** A message with its pathway, as one statement reads it; instants in milliseconds. */
export interface DueMessage {
  id: string;
  template: string;
  parameters: Selectable<MessageTable>['parameters'];
  recipientType: RecipientType;
  recipientId: string;
  channel: string;
  attempts: number;
  /** When its last attempt began, on the clock that its pathway had then; null before the first one. */
  triedAt: number | null;
  kind: string | null;
  state: unknown;
  offsetMs: number;
}

export type Sending = 'at-once' | 'with-others';

export type MessagePlan =
  | { plan: 'send'; usefulUntil: number | null; emergency: boolean; sending: Sending | null }
  | { plan: 'postpone'; until: number; reason: 'quiet-hours' | 'daily-cap' | 'confirmation'; sending: Sending | null }
  | { plan: 'withdraw'; reason: string };

export interface Plans {
  plans: ReadonlyMap<string, MessagePlan>;
  /** Messages whose plan is to be sent, and that go as one if there are several for a resident. */
  together: readonly Together[];
}

export interface Together extends ToBundle {
  /** When the next message of a resident could carry what does not fit into this one. */
  next: { until: number; reason: 'quiet-hours' | 'daily-cap' };
}

export const standingOf = (message: DueMessage): MessageStanding =>
  messageStanding({ ...message, audience: audienceOf(message.recipientType) });

/** The resident whom a message is meant for, or whose contact it goes to; undefined for a message to staff. */
function residentOf({ recipientType, recipientId, parameters }: DueMessage): string | undefined {
  if (recipientType === 'patient') return recipientId;
  return recipientType === 'contact' && typeof parameters.patientId === 'string' ? parameters.patientId : undefined;
}

/** How long a message to somebody who is said to have died waits before it is looked at again. */
const CONFIRMATION_LOOK_MS = 3_600_000;

/** A message that can go today, as far as its pathway and its resident are concerned. */
interface Sendable {
  message: DueMessage;
  emergency: boolean;
  /** On the wall clock. */
  usefulUntil: number | null;
  patient: PatientDay;
}

/** The messages are planned in their order, so that the first ones get the room that a day still has: first those that cannot wait. */
export async function planMessages(trx: Trx, due: readonly DueMessage[], at: number): Promise<Plans> {
  const patientIds = [...new Set(due.flatMap((message) => residentOf(message) ?? []))].sort();
  const days = patientIds.length > 0 ? await patientDays(trx, patientIds, due, at) : undefined;
  const rules = days && (await loadMessageConfiguration(trx));
  const bundles = await dropParts(trx, idsOfBundles(due), at);
  const plans = new Map<string, MessagePlan>();
  const alone: Sendable[] = [];
  const withOthers: Sendable[] = [];
  for (const message of due) {
    const bundle = bundles.get(message.id);
    const standing = standingOf(message);
    const { emergency } = standing;
    const outdated = bundle ? bundle.dropped : standing.outdated;
    const usefulUntil = bundle ? bundle.usefulUntil : standing.usefulUntil === null ? null : standing.usefulUntil - message.offsetMs;
    const patient = days?.get(residentOf(message) ?? '');
    if (outdated) plans.set(message.id, { plan: 'withdraw', reason: outdated });
    // The pathway may not have heard of it yet, but nothing goes out from the commit of the fact on.
    else if (patient?.hasDied) plans.set(message.id, { plan: 'withdraw', reason: 'patient-died' });
    else if (!rules || !patient) plans.set(message.id, { plan: 'send', usefulUntil, emergency, sending: null });
    else if (message.channel !== 'sms' && secretOf(message)) plans.set(message.id, { plan: 'withdraw', reason: NO_OTHER_WAY });
    else if (message.channel === 'phone' && bundle?.parts.every(neverCalls)) plans.set(message.id, { plan: 'withdraw', reason: NO_CALL });
    else if (patient.diedAsSaid && !emergency)
      plans.set(message.id, { plan: 'postpone', until: at + CONFIRMATION_LOOK_MS, reason: 'confirmation', sending: null });
    else {
      const sendable: Sendable = { message, emergency, usefulUntil, patient };
      const waits = bundle || (message.recipientType === 'patient' && !goesAtOnce(message, standing, at + message.offsetMs));
      if (waits && usefulUntil !== null && usefulUntil <= at) plans.set(message.id, { plan: 'withdraw', reason: 'too-late' });
      else (waits ? withOthers : alone).push(sendable);
    }
  }
  if (!rules) return { plans, together: [] };
  for (const sendable of alone) plans.set(sendable.message.id, planAlone(sendable, at, rules));
  // What was tried before may have arrived, so it stays as it is.
  const [tried, fresh] = [withOthers.filter(wasTried), withOthers.filter((sendable) => !wasTried(sendable))];
  const together = [...tried.map((one) => [one]), ...groupsOf(fresh)].flatMap((group) => planGroup(group, at, rules, plans) ?? []);
  return { plans, together };
}

const NO_CALL = 'no-call-of-its-own';
const NO_OTHER_WAY = 'by-text-message-only';

const secretOf = ({ template }: Pick<DueMessage, 'template'>) => findResidentText(template)?.secret;

const isBundle = ({ template }: Pick<DueMessage, 'template'>): boolean => template === bundleTemplate;
export const idsOfBundles = (messages: readonly Pick<DueMessage, 'id' | 'template'>[]): string[] =>
  messages.filter(isBundle).map(({ id }) => id);

const wasTried = ({ message }: Sendable): boolean => message.attempts > 0 || isBundle(message);

const neverCalls = ({ template }: Pick<DueMessage, 'template'>): boolean => templatesThatNeverCall.includes(template);

function groupsOf(sendables: readonly Sendable[]): Sendable[][] {
  const groups = new Map<string, Sendable[]>();
  for (const sendable of sendables) {
    const { recipientId, offsetMs } = sendable.message;
    const key = `${recipientId} ${offsetMs}`;
    groups.set(key, [...(groups.get(key) ?? []), sendable]);
  }
  return [...groups.values()];
}

/** Plans what goes to one resident together, as the one message of its day. */
function planGroup(group: readonly Sendable[], at: number, rules: MessageRules, plans: Map<string, MessagePlan>): Together | undefined {
  const [first] = group;
  if (!first) return undefined;
  const { patient, message } = first;
  const { offsetMs, channel, recipientId } = message;
  if (channel === 'phone' && group.every((one) => neverCalls(one.message))) {
    for (const one of group) plans.set(one.message.id, { plan: 'withdraw', reason: NO_CALL });
    return undefined;
  }
  const planned =
    channel === 'paper'
      ? ({ plan: 'send' } as const)
      : planTogether(at + offsetMs, hasItsRoom(message, at) ? anyDay : daysOnClock(patient, offsetMs), rules);
  if (planned.plan === 'postpone') {
    const until = planned.until - offsetMs;
    const pressing = group.filter(({ usefulUntil }) => usefulUntil !== null && usefulUntil <= until);
    for (const one of pressing) plans.set(one.message.id, planAlone(one, at, rules));
    const waiting = group.filter((one) => !pressing.includes(one));
    for (const one of waiting) plans.set(one.message.id, { ...planned, until, sending: 'with-others' });
    if (waiting.length > 0) patient.sent.push({ at: until, offsetMs, with: wasTried(first) ? 'others' : 'others-later' });
    return undefined;
  }
  for (const { message: one, usefulUntil } of group)
    plans.set(one.id, { plan: 'send', usefulUntil, emergency: false, sending: 'with-others' });
  if (channel !== 'paper') patient.sent.push({ at, offsetMs, with: 'others' });
  if (wasTried(first)) return undefined;
  const next = planTogether(at + offsetMs, daysOnClock(patient, offsetMs), rules);
  return {
    patientId: recipientId,
    channel,
    offsetMs,
    ids: group.map((one) => one.message.id),
    next: next.plan === 'postpone' ? { until: next.until - offsetMs, reason: next.reason } : { until: at, reason: 'daily-cap' },
  };
}

/** What was tried may have arrived and has its room on the day of its attempt, whatever has gone since. On a later day it takes room like any other. */
const hasItsRoom = ({ triedAt, offsetMs }: DueMessage, at: number): boolean =>
  triedAt !== null && startOfDay(triedAt) === startOfDay(at + offsetMs);

/** For what has its room: only the night holds it back. */
const anyDay: ResidentDays = { sentAt: [], togetherAt: [] };

/** Goes by itself. */
function planAlone({ message, emergency, usefulUntil, patient }: Sendable, at: number, rules: MessageRules): MessagePlan {
  const { offsetMs, channel, recipientType } = message;
  // A code disturbs nobody: whoever gets it has just asked for it.
  const disturbs = channel !== 'paper' && secretOf(message) !== 'code';
  // What goes to a contact is none of the messages that the resident gets on the day.
  const counts = disturbs && recipientType === 'patient';
  const sending = recipientType === 'patient' ? 'at-once' : null;
  // A demonstration pushes the clock of a pathway forward, and with it the days and nights of whoever hears of it.
  const sentAt = counts && !hasItsRoom(message, at) ? sentOnClock(patient, offsetMs) : [];
  const dueAt = usefulUntil === null ? null : usefulUntil + offsetMs;
  const planned = planMessage({ audience: 'patient', emergency, disturbs, dueAt }, at + offsetMs, sentAt, rules);
  if (planned.plan === 'withdraw') return planned;
  const goesAt = planned.plan === 'send' ? at : planned.until - offsetMs;
  if (counts) patient.sent.push({ at: goesAt, offsetMs, with: 'nothing' });
  return planned.plan === 'send' ? { plan: 'send', usefulUntil, emergency, sending } : { ...planned, until: goesAt, sending };
}
interface SentMessage {
  /** The instant on the wall clock at which it went or will go. */
  at: number;
  /** How far the clock of its pathway was pushed forward then; null where code of before has not noted it. */
  offsetMs: number | null;
  /** others-later: it has not gone yet, and goes with whatever else waits for that day. */
  with: 'nothing' | 'others' | 'others-later';
}

interface PatientDay {
  /** The patient's other messages. */
  sent: SentMessage[];
  /** Somebody has said on the telephone that the patient has died, and it has not been found untrue. */
  diedAsSaid: boolean;
  hasDied: boolean;
}

const onClock = ({ at, offsetMs }: SentMessage, ownOffsetMs: number): number => at + (offsetMs ?? ownOffsetMs);

/** The instants of the patient's messages, each on the clock of its pathway. What waits for the same day is one of them. */
function sentOnClock({ sent }: PatientDay, ownOffsetMs: number): number[] {
  const later = sent.filter((one) => one.with === 'others-later').map((one) => onClock(one, ownOffsetMs));
  const gone = sent.filter((one) => one.with !== 'others-later').map((one) => onClock(one, ownOffsetMs));
  return [...gone, ...new Map(later.map((instant) => [startOfDay(instant), instant])).values()];
}

/** What waits for a later day takes no room from what would go with it. */
function daysOnClock({ sent }: PatientDay, ownOffsetMs: number): ResidentDays {
  const gone = sent.filter((one) => one.with !== 'others-later');
  return {
    sentAt: gone.map((one) => onClock(one, ownOffsetMs)),
    togetherAt: gone.filter((one) => one.with === 'others').map((one) => onClock(one, ownOffsetMs)),
  };
}

async function patientDays(
  trx: Trx,
  patientIds: readonly string[],
  due: readonly DueMessage[],
  at: number,
): Promise<Map<string, PatientDay>> {
  const ids = sql<string>`any(${[...patientIds]}::text[])`;
  const patients = await trx
    .selectFrom('patient')
    .select((eb) => [
      'id',
      // Questions that older code has asked have a task only.
      eb
        .exists(
          eb
            .selectFrom('task')
            .select('task.id')
            .whereRef('task.patient_id', '=', 'patient.id')
            .where('task.name', '=', 'confirm-death')
            .where((task) => task.or([task('task.status', '=', 'open'), task('task.outcome', '=', 'confirmed')])),
        )
        .as('diedAsSaidBefore'),
      sql<boolean>`exists (
        select from records_of_resident(patient.id) as record join identity_check on identity_check.patient_id = record.id
        where identity_check.kind = 'death' and identity_check.status = 'open')`.as('diedAsSaid'),
      sql<boolean>`deceased_at is not null`.as('hasDied'),
    ])
    .where('id', '=', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  // A part went with the message that carries it. The day of a pathway's clock may have begun before that of the wall.
  const { rows: others } = await sql<SentMessageRow>`
    select recipient_id as "patientId", message.clock_offset_ms::float8 as "sentOffsetMs", pathway.clock_offset_ms::float8 as "offsetMs",
      message.sending = 'with-others' as together, message.status = 'waiting' and message.attempts = 0 as later,
      case message.status when 'sent' then sent_at when 'in-hand' then ${new Date(at)}::timestamptz else greatest(next_attempt_at, ${new Date(at)}) end as at
    from message left join pathway on pathway.id = message.pathway_id
    where recipient_type = 'patient' and recipient_id = ${ids} and channel <> 'paper' and bundle_id is null
      and message.id <> all(${due.map(({ id }) => id)}::uuid[])
      and ((message.status = 'sent' and sent_at >= ${new Date(at - DAY_MS)}) or message.status = 'in-hand'
        or (message.status = 'waiting' and (waits_for is not null or attempts > 0)))`.execute(trx);
  return new Map(
    patients.map(({ id, diedAsSaid, diedAsSaidBefore, hasDied }) => [
      id,
      {
        sent: others.filter(({ patientId }) => patientId === id).map(toSentMessage),
        diedAsSaid: diedAsSaid || Boolean(diedAsSaidBefore),
        hasDied,
      },
    ]),
  );
}

interface SentMessageRow {
  patientId: string;
  at: Date;
  sentOffsetMs: number | null;
  offsetMs: number | null;
  together: boolean | null;
  later: boolean;
}

/** What waits goes on the clock that its pathway has by then. */
const toSentMessage = ({ at, sentOffsetMs, offsetMs, together, later }: SentMessageRow): SentMessage => ({
  at: at.getTime(),
  offsetMs: sentOffsetMs ?? offsetMs,
  with: !together ? 'nothing' : later ? 'others-later' : 'others',
});
