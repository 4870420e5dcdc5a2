/**
 * The decider of a crisis reading: a value at or beyond a threshold of crisis, of whomever and through whichever door, stands open as one task of a person
 * until a clinician has said whether it is true.
 */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, Entry, MessageIntent, MessageStanding, Reason, Recipient, Verdict } from '../kit/pathway.ts';
import { instantOf, type SlaClock, startClock } from '../time/sla-clock.ts';
import {
  type CrisisReadingEvent,
  type CrisisReadingEventNamed,
  type CrisisReadingFactEvent,
  type CrisisValue,
  crisisReadingEvents,
  isCrisisReadingEvent,
} from './events.ts';
import { type CrisisReadingState, calledRolesOf, initialCrisisReadingState, worstOf } from './state.ts';
import { CONFIRM_READING, obligationsOf, tasksOf } from './tasks.ts';
import type { CrisisReadingTemplate } from './texts.ts';

type CrisisVerdict = Verdict<CrisisReadingState>;
type CrisisMessage = MessageIntent<CrisisReadingTemplate>;

export const crisisReading: Decider<CrisisReadingState, 'crisis-reading', CrisisReadingFactEvent['name']> = {
  kind: 'crisis-reading',
  creation: 'raise',
  ...crisisReadingEvents,
  initial: initialCrisisReadingState,
  decide: (state, event) => (isCrisisReadingEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations: obligationsOf,
  tasks: tasksOf,
  standing: standingOf,
  summary: ({ centreId, patientId }) => ({ institutionId: centreId || null, patientId: patientId || null }),
  ended: ({ status }) => status !== null && status !== 'open',
};

function decideEvent(state: CrisisReadingState, event: CrisisReadingEvent): CrisisVerdict {
  if (event.name === 'raise') return raise(state, event);
  if (event.name === 'death-retracted') return reopen(state, event);
  if (event.name === 'merger-retracted') return takeBackMerger(state, event);
  if (state.status !== 'open')
    return event.kind === 'command'
      ? { ok: false, refusal: { code: 'transition-not-allowed', state: state.status, allowed: [] } }
      : accept(state, event, {}, { clause: 'noted' });
  switch (event.name) {
    case 'confirm':
      return confirm(state, event);
    case 'crisis-value':
      return joinValue(state, event);
    case 'crisis-value-withdrawn':
      return withdrawValue(state, event);
    case 'patient-moved':
      return move(state, event);
    case 'patient-died':
      return accept(state, event, end('died'));
    case 'patients-merged':
      return accept(state, event, { patientId: event.input.survivorPatientId });
    case 'join-crisis-reading':
      return accept(state, event, end('joined'), { evidence: { intoPathwayId: event.input.intoPathwayId } });
    case 'call':
      return call(state, event);
    case 'call-again':
      return callAgain(state, event);
  }
}

const end = (status: CrisisReadingState['status']): Partial<CrisisReadingState> => ({ status, clock: null });

function raise(state: CrisisReadingState, event: CrisisReadingEventNamed<'raise'>): CrisisVerdict {
  if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
  const { patientId, centreId, raisedAt, values, plan } = event.input;
  const clock = startConfirmation(plan, raisedAt);
  const opened: CrisisReadingState = { ...state, status: 'open', patientId, centreId, raisedAt, values, plan, clock, calls: 1 };
  const because = values.map((value) => valueReason(plan, value));
  const messages = [messageTo(opened, event.id, 'crisis-reading-raised', calledRolesOf(opened))];
  return accept(state, event, opened, { because, messages });
}

/** What the death had ended is asked anew, with the time that it had at first: whoever was called then has let it rest since. */
function reopen(state: CrisisReadingState, event: CrisisReadingEventNamed<'death-retracted'>): CrisisVerdict {
  if (state.status !== 'died') return accept(state, event, {}, { clause: 'noted' });
  const clock = startConfirmation(state.plan, event.at);
  const set = { status: 'open', clock, raisedAt: event.at, calls: 1, repeatedCalls: 0, reopenings: state.reopenings + 1 } as const;
  const reopened: CrisisReadingState = { ...state, ...set };
  return accept(state, event, set, { messages: [messageTo(reopened, event.id, 'crisis-reading-raised', calledRolesOf(reopened))] });
}

const startConfirmation = ({ dueWithinSeconds }: CrisisReadingState['plan'], at: number): SlaClock =>
  startClock({ id: CONFIRM_READING, name: CONFIRM_READING, budgetMs: dueWithinSeconds * 1_000, at, rungPercents: [] });

function confirm(state: CrisisReadingState, event: CrisisReadingEventNamed<'confirm'>): CrisisVerdict {
  const { outcome, action, referralId, isDoctor } = event.input;
  const refers = action === 'refer' || action === 'emergency';
  const started: Entry[] = refers
    ? [
        {
          event: 'referral-started',
          from: null,
          to: null,
          because: [planReason(state.plan, 'confirmed crisis value', { referralId, action })],
        },
      ]
    : [];
  const set = { ...end(outcome), action, referralId: refers ? referralId : null };
  const messages = refers && !isDoctor ? [messageAboutDraft(state, event.id, referralId)] : [];
  return accept(state, event, set, { evidence: { outcome, action, isDoctor }, further: started, messages });
}

/** The number in the message is that of the draft, which a doctor has to send. */
function messageAboutDraft(state: CrisisReadingState, step: string, referralId: string): CrisisMessage {
  const message = messageTo(state, step, 'crisis-reading-referral-to-send', ['gp', 'head']);
  return { ...message, parameters: { referralId } };
}

/** A further value joins. Whoever has the task hears of it only if it is worse than all before. */
function joinValue(state: CrisisReadingState, event: CrisisReadingEventNamed<'crisis-value'>): CrisisVerdict {
  const { value } = event.input;
  if (state.values.some(({ readingId, value: known }) => readingId === value.readingId && known === value.value))
    return accept(state, event, {}, { clause: 'noted' });
  const before = worstOf(state.values);
  const values = [...state.values, value];
  const isWorse = before === undefined || value.severity > before.severity;
  const messages = isWorse ? [messageToOwnerOr({ ...state, values }, event.id, 'crisis-reading-worse')] : [];
  return accept(state, event, { values }, { because: [valueReason(state.plan, value)], messages });
}

function withdrawValue(state: CrisisReadingState, event: CrisisReadingEventNamed<'crisis-value-withdrawn'>): CrisisVerdict {
  const { readingId } = event.input;
  const values = state.values.filter((value) => value.readingId !== readingId);
  const evidence = { readingId, left: values.length };
  if (values.length > 0) return accept(state, event, { values }, { evidence });
  const recipients = [
    ownerOr(rolesToRecipients(state, calledRolesOf(state))[0] as Recipient),
    ...rolesToRecipients(state, calledRolesOf(state)),
  ];
  const message = buildMessage(state, event.id, 'crisis-reading-withdrawn', recipients);
  return accept(state, event, { ...end('withdrawn'), values }, { evidence, messages: [message] });
}

/** The values of the other person are confirmed elsewhere. Somebody who has closed this one keeps their answer. */
function takeBackMerger(state: CrisisReadingState, event: CrisisReadingEventNamed<'merger-retracted'>): CrisisVerdict {
  const { patientId, readingIds = [] } = event.input;
  const values = state.values.filter(({ readingId }) => !readingIds.includes(readingId));
  // A death may be taken back, and what is asked anew then is about this person alone.
  if (state.status === 'died') return accept(state, event, { ...(values.length === 0 ? end('joined') : {}), patientId, values });
  if (state.status !== 'open') return accept(state, event, { patientId }, { clause: 'noted' });
  const evidence = { patientId, parted: state.values.length - values.length };
  return accept(state, event, { ...(values.length === 0 ? end('joined') : {}), patientId, values }, { evidence });
}

/** The task goes to the new home centre, and whoever had been called here is called there. */
function move(state: CrisisReadingState, event: CrisisReadingEventNamed<'patient-moved'>): CrisisVerdict {
  const { homeInstitutionId } = event.input;
  if (homeInstitutionId === state.centreId) return accept(state, event, {}, { clause: 'noted' });
  const moved = { ...state, centreId: homeInstitutionId };
  const evidence = { fromInstitutionId: state.centreId, toInstitutionId: homeInstitutionId };
  const messages = [messageTo(moved, event.id, 'crisis-reading-raised', calledRolesOf(state))];
  return accept(state, event, { centreId: homeInstitutionId }, { evidence, messages });
}

/** After an outage several calls may be due at once: each comes in its turn, because each reaches somebody else. */
function call(state: CrisisReadingState, event: CrisisReadingEventNamed<'call'>): CrisisVerdict {
  const role = state.plan.calls[state.calls]?.role;
  if (role === undefined) throw new Error(`Nothing of the id ${event.id} is due.`);
  const messages = [messageTo(state, event.id, 'crisis-reading-overdue', [role])];
  return accept(state, event, { calls: state.calls + 1 }, { evidence: { role }, messages });
}

function callAgain(state: CrisisReadingState, event: CrisisReadingEventNamed<'call-again'>): CrisisVerdict {
  const repeatedCalls = state.repeatedCalls + 1;
  const message = messageTo(state, event.id, 'crisis-reading-unclaimed', calledRolesOf(state));
  return accept(
    state,
    event,
    { repeatedCalls },
    { evidence: { repeatedCalls }, messages: [{ ...message, unlessClaimed: CONFIRM_READING }] },
  );
}

// --- messages ----------------------------------------------------------------------------

const rolesToRecipients = ({ centreId: institutionId }: CrisisReadingState, roles: readonly string[]): Recipient[] =>
  roles.map((role) => ({ to: 'role', role, institutionId, departmentId: null }));

const ownerOr = (otherwise: Recipient): Recipient => ({ to: 'owner', taskId: CONFIRM_READING, otherwise });

const buildMessage = (
  { clock }: CrisisReadingState,
  step: string,
  template: CrisisReadingTemplate,
  recipients: Recipient[],
): CrisisMessage => ({
  // The kit takes the task that a message is about from its step, and shows it to whoever is called.
  step: `${CONFIRM_READING}:${step}`,
  template,
  recipients,
  parameters: { clock: CONFIRM_READING, dueAt: (clock && instantOf(clock, 100)) ?? null },
});

const messageTo = (state: CrisisReadingState, step: string, template: CrisisReadingTemplate, roles: readonly string[]): CrisisMessage =>
  buildMessage(state, step, template, rolesToRecipients(state, roles));

const messageToOwnerOr = (state: CrisisReadingState, step: string, template: CrisisReadingTemplate): CrisisMessage =>
  buildMessage(state, step, template, rolesToRecipients(state, calledRolesOf(state)).map(ownerOr));

const newsOfEnd: readonly string[] = ['crisis-reading-withdrawn', 'crisis-reading-referral-to-send'] satisfies CrisisReadingTemplate[];

function standingOf({ status }: CrisisReadingState, { template }: { template: string }): MessageStanding {
  const outdated = status === 'open' || newsOfEnd.includes(template) ? null : status === 'died' ? 'patient-died' : 'already-done';
  return { urgency: 'urgent', emergency: true, usefulUntil: null, outdated };
}

// --- decisions ---------------------------------------------------------------------------

const planReason = ({ protocol }: Pick<CrisisReadingState['plan'], 'protocol'>, clause: string, evidence: Reason['evidence']): Reason => ({
  rule: protocol,
  clause,
  evidence,
});

/** Values are evidence: whoever reads why the task was opened has to see them. */
const valueReason = (
  { protocol }: Pick<CrisisReadingState['plan'], 'protocol'>,
  { rule, readingId, kind, value, unit, threshold, measuredAt, quarantine }: CrisisValue,
): Reason => ({
  rule: protocol,
  clause: rule,
  evidence: { readingId, kind, value, unit, threshold, measuredAt, ...(quarantine === null ? {} : { quarantine }) },
});

interface Details {
  clause?: string;
  evidence?: Reason['evidence'];
  because?: Reason[];
  further?: Entry[];
  messages?: CrisisMessage[];
}

/** A decision with one line of the timeline, before `further`. `set` has the fields of the state that change. */
function accept(
  state: CrisisReadingState,
  event: CrisisReadingEvent,
  set: Partial<CrisisReadingState>,
  { clause = event.name, evidence = {}, because, further = [], messages = [] }: Details = {},
): CrisisVerdict {
  const plan = set.plan ?? state.plan;
  const reasons = because ?? [planReason(plan, clause, { eventId: event.id, ...evidence })];
  const entry: Entry = { event: event.name, from: state.status, to: set.status ?? state.status, because: reasons };
  return { ok: true, decision: { at: event.at, set, entries: [entry, ...further], messages } };
}
