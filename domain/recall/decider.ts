/** The decider of a recall: it lives until every pack is accounted for and two persons have signed. */
import { refuseUnknownEvent } from '../kit/events.ts';
import type { Decider, MessageIntent, Reason, Verdict } from '../kit/pathway.ts';
import { fireTimer, obligationsOf, stopTimersNamed, type Timer, tasksOf } from '../sterile-supply/timers.ts';
import { startReport, startRetrieve, startStopUse, stopPartClock, withNextHour } from './clocks.ts';
import { isRecallEvent, type PartChange, type RecallEvent, type RecallFactEvent, recallEvents } from './events.ts';
import { holderKey, type PartHolder } from './holders.ts';
import { initialRecallState, type RecallPart, type RecallState } from './state.ts';

/** The commands of an open recall, as people call them. */
export const openRecallCommands = ['acknowledge', 'account', 'cause', 'report', 'sign'] as const;

export const recall: Decider<RecallState, 'recall', RecallFactEvent['name']> = {
  kind: 'recall',
  creation: 'open',
  ...recallEvents,
  initial: initialRecallState,
  decide: (state, event) => (isRecallEvent(event) ? decideEvent(state, event) : refuseUnknownEvent(event)),
  obligations: ({ timers }) => obligationsOf(timers),
  tasks: ({ timers }) => tasksOf(timers),
  standing: ({ status }) => ({
    urgency: 'routine',
    emergency: true,
    usefulUntil: null,
    outdated: status === 'closed' ? 'pathway-ended' : null,
  }),
  summary: ({ institutionId }) => ({ institutionId: institutionId || null, patientId: null }),
  ended: ({ status }) => status === 'closed',
};

function decideEvent(state: RecallState, event: RecallEvent): Verdict<RecallState> {
  if (event.name === 'open') {
    if (state.status !== null) return { ok: false, refusal: { code: 'already-exists' } };
    const { parts, ...rest } = event.input;
    const opened: RecallState = { ...state, ...rest, status: 'open' };
    const begun = { ...opened, timers: startReport([], opened, event.at) };
    return accept(state, event, { ...rest, status: 'open', ...applyParts(begun, parts, event.at) });
  }
  if (state.status !== 'open') {
    if (event.kind === 'command') return { ok: false, refusal: { code: 'transition-not-allowed', state: state.status, allowed: [] } };
    return accept(state, event, {});
  }
  switch (event.name) {
    case 'acknowledge': {
      const { holder } = event.input;
      const parts = withPart(state.parts, { ...findPart(state.parts, holder), acknowledged: true });
      return accept(state, event, { parts, timers: stopPartClock(state.timers, 'stop-use', holder) });
    }
    case 'account':
    case 'record-cause':
      return accept(state, event, {});
    case 'record-report':
      return accept(state, event, { timers: stopTimersNamed(state.timers, 'report') });
    case 'sign': {
      const signedBy = [...state.signedBy, { role: event.input.role, personId: event.actor.personId }];
      const closes = ['headnurse', 'infection'].every((role) => signedBy.some((signature) => signature.role === role));
      return accept(state, event, { signedBy, ...(closes ? { status: 'closed' as const, timers: [] } : {}) });
    }
    case 'recall-parts-changed':
      return accept(state, event, applyParts(state, event.input.parts, event.at));
    case 'rung': {
      const { timers, timer, percent, messages } = fireTimer(state.timers, { id: event.id, at: event.at, pathwayId: null });
      const extended =
        timer && percent !== undefined ? timers.map((one) => (one.id === timer.id ? withNextHour(one, percent) : one)) : timers;
      return accept(state, event, { timers: extended }, messages, {
        line: `rung-${percent ?? 100}`,
        evidence: { clock: timer?.id ?? null, percent: percent ?? null },
      });
    }
  }
}

/** The parts and timers after lines have come, gone or ended. */
function applyParts(state: RecallState, changes: readonly PartChange[], at: number): Pick<RecallState, 'parts' | 'timers'> {
  let parts = state.parts;
  let timers: Timer[] = state.timers;
  for (const { holder, open, gained, stopComing } of changes) {
    const before = findPart(parts, holder);
    const part: RecallPart = { ...before, open, ...(gained ? { acknowledged: false } : {}) };
    parts = withPart(parts, part);
    if (gained) timers = startStopUse(timers, state, part, at);
    if (open > 0) timers = startRetrieve(timers, state, part, stopComing, at);
    else timers = stopPartClock(timers, 'retrieve', holder);
    // Whoever has given everything back has nothing left to stop.
    if (open === 0) timers = stopPartClock(timers, 'stop-use', holder);
  }
  return { parts, timers };
}

const findPart = (parts: readonly RecallPart[], holder: PartHolder): RecallPart =>
  parts.find((part) => holderKey(part.holder) === holderKey(holder)) ?? { holder, open: 0, acknowledged: false };

const withPart = (parts: readonly RecallPart[], part: RecallPart): RecallPart[] => [
  ...parts.filter(({ holder }) => holderKey(holder) !== holderKey(part.holder)),
  part,
];

/** A decision with one line of the timeline. `set` has the fields of the state that change. */
function accept(
  state: RecallState,
  event: RecallEvent,
  set: Partial<RecallState>,
  messages: MessageIntent[] = [],
  { line = event.name, evidence = {} }: { line?: string; evidence?: Reason['evidence'] } = {},
): Verdict<RecallState> {
  const because = [{ rule: 'recall', clause: event.name, evidence: { eventId: event.id, ...evidence } }];
  const entries = [{ event: line, from: state.status, to: set.status ?? state.status, because }];
  return { ok: true, decision: { at: event.at, set, entries, messages } };
}
