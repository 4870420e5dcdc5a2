import { describe, expect, test } from 'vitest';
import type { PathwayEvent } from '../../../domain/kit/pathway.ts';
import { roundStatuses } from '../../../domain/sterile-supply/vocabulary.ts';
import { allowedRoundActs } from '../../../domain/supply-round/acts.ts';
import { supplyRound } from '../../../domain/supply-round/decider.ts';
import type { CreateSupplyRound } from '../../../domain/supply-round/events.ts';
import { initialSupplyRoundState, type SupplyRoundState } from '../../../domain/supply-round/state.ts';

const HOUR = 3_600_000;
const departAt = Date.parse('2026-11-10T00:40:00Z');
const now = departAt - 48 * HOUR;
const dispatcher = { personId: 'p', institutionId: 'inst-cssd', role: 'dispatcher' };
const input: CreateSupplyRound = {
  cssdInstitutionId: 'inst-cssd',
  onDate: '2026-11-10',
  vehicleId: 'v',
  driverId: 'd',
  courierId: 'k',
  mode: 'soiled-first',
  departAt,
  returnDueAt: departAt + 4 * HOUR,
  cutOffAt: departAt - 16 * HOUR,
  stops: [1, 2].map((n) => ({ stopId: `stop-${n}`, institutionId: `inst-c0${n}`, arriveAt: departAt + n * HOUR })),
  budgets: {
    releaseLead: 3_600,
    stopLate: 1_800,
    roundLate: 3_600,
    handOver: 1_800,
    reconcile: 86_400,
    unserved: 604_800,
    confirmSignature: 86_400,
  },
};

let step = 0;
function decide(state: SupplyRoundState, event: Partial<PathwayEvent> & Pick<PathwayEvent, 'kind' | 'name'>): SupplyRoundState {
  step += 1;
  const verdict = supplyRound.decide(state, {
    id: `e${step}`,
    at: now,
    actor: event.kind === 'command' ? dispatcher : null,
    input: {},
    ...event,
  });
  if (!verdict.ok) throw new Error(`${event.name} was refused: ${verdict.refusal.code}`);
  return { ...state, ...verdict.decision.set };
}
const command = (state: SupplyRoundState, name: string, given: unknown = {}) => decide(state, { kind: 'command', name, input: given });
const fact = (state: SupplyRoundState, name: string, at: number, given: object = {}) =>
  decide(state, { kind: 'fact', name, input: { occurredAt: at, ...given } });
const dueTimes = (state: SupplyRoundState): Record<string, number> =>
  Object.fromEntries(supplyRound.obligations(state).map(({ id, at }) => [id.slice(0, id.indexOf(':')), at]));
const tasks = (state: SupplyRoundState) => supplyRound.tasks(state).map(({ name, role }) => `${name} ${role}`);

const planned = command(initialSupplyRoundState, 'create', input);
const confirmed = command(planned, 'confirm');
const departed = fact(fact(confirmed, 'round-loaded', departAt - HOUR), 'round-departed', departAt);

describe('the timers of a round', () => {
  test('a planned round waits for its cut-off, which confirms it', () => {
    expect(dueTimes(planned)).toEqual({ 'cut-off': input.cutOffAt });
    expect(tasks(planned)).toEqual(['cut-off dispatcher']);
    const fired = decide(planned, { kind: 'due', name: 'rung', id: 'cut-off:100', at: input.cutOffAt ?? 0, input: null });
    expect(fired.status).toBe('confirmed');
    expect(dueTimes(fired)).toEqual({ 'release-lead': departAt - HOUR });
  });
  test('a cut-off that lay in the past at the creation confirms nothing', () => {
    expect(dueTimes(command(initialSupplyRoundState, 'create', { ...input, cutOffAt: null }))).toEqual({});
  });
  test('on the way each stop and the return are late after their time, and nobody has a task before', () => {
    expect(dueTimes(departed)).toEqual({
      'stop-late-stop-1': departAt + 1.5 * HOUR,
      'stop-late-stop-2': departAt + 2.5 * HOUR,
      'round-late': departAt + 5 * HOUR,
    });
    expect(tasks(departed)).toEqual([]);
    const late = decide(departed, { kind: 'due', name: 'rung', id: 'stop-late-stop-1:100', at: departAt + 2 * HOUR, input: null });
    expect(tasks(late)).toEqual(['stop-late dispatcher']);
    const arrived = fact(late, 'stop-arrived', departAt + 2 * HOUR, { stopId: 'stop-1', institutionId: 'inst-c01' });
    expect(tasks(arrived)).toEqual([]);
  });
  test('back at the department the courier hands over and the dispatcher reconciles', () => {
    const at = departAt + 4 * HOUR;
    const returned = fact(departed, 'round-returned', at);
    expect(dueTimes(returned)).toEqual({ 'hand-over': at + HOUR / 2, reconcile: at + 24 * HOUR });
    expect(tasks(returned)).toEqual(['hand-over courier', 'reconcile dispatcher']);
    expect(tasks(fact(returned, 'round-handed-over', at + 1))).toEqual(['reconcile dispatcher']);
  });
  test('what was done on the way is not lost on a round that is closed before the pathway has heard of it', () => {
    const closed = command(departed, 'close');
    expect(supplyRound.ended(closed)).toBe(false);
    const failed = fact(closed, 'stop-failed', departAt + HOUR, {
      stopId: 'stop-1',
      institutionId: 'inst-c01',
      reason: 'closed',
      unserved: true,
    });
    const heard = fact(fact(failed, 'round-returned', departAt + 2 * HOUR), 'round-handed-over', departAt + 3 * HOUR);
    expect(heard.status).toBe('closed');
    expect(tasks(heard)).toEqual(['unserved dispatcher']);
    expect(supplyRound.ended(fact(heard, 'centre-served', departAt + 72 * HOUR, { institutionId: 'inst-c01' }))).toBe(true);
  });
  test('a closed round lives on until its centres are served and its signatures confirmed', () => {
    const failed = fact(departed, 'stop-failed', departAt + HOUR, {
      stopId: 'stop-1',
      institutionId: 'inst-c01',
      reason: 'closed',
      unserved: true,
    });
    const signed = fact(failed, 'signature-unverified', departAt + HOUR, { stopId: 'stop-2', institutionId: 'inst-c02' });
    const back = fact(fact(signed, 'round-returned', departAt + 2 * HOUR), 'round-handed-over', departAt + 3 * HOUR);
    const closed = command(back, 'close');
    expect(tasks(closed)).toEqual(['unserved dispatcher', 'confirm-signature nurse']);
    expect(supplyRound.ended(closed)).toBe(false);
    const served = fact(closed, 'centre-served', departAt + 72 * HOUR, { institutionId: 'inst-c01' });
    expect(supplyRound.ended(command(served, 'confirm-signature', { stopId: 'stop-2' }))).toBe(true);
  });
  test('a cancelled round that was confirmed leaves its centres to be served, one that was not leaves nothing', () => {
    expect(supplyRound.ended(command(planned, 'cancel'))).toBe(true);
    expect(tasks(command(confirmed, 'cancel'))).toEqual(['unserved dispatcher', 'unserved dispatcher']);
  });
});

test('a round is confirmed once and over once', () => {
  const refused = (state: SupplyRoundState, name: string) =>
    supplyRound.decide(state, { kind: 'command', name, id: 'x', at: now, actor: dispatcher, input: {} });
  expect(refused(confirmed, 'confirm')).toMatchObject({ ok: false, refusal: { code: 'transition-not-allowed', state: 'confirmed' } });
  expect(refused(command(planned, 'cancel'), 'close')).toMatchObject({ ok: false });
  expect(refused(planned, 'confirm-signature')).toMatchObject({ ok: false });
});

test('what is allowed in each state', () => {
  const table = Object.fromEntries(roundStatuses.map((status) => [status, allowedRoundActs({ status, brokenDown: false }).join(' ')]));
  expect(table).toEqual({
    planned: 'confirm add-stop move-stop cancel',
    confirmed: 'allocate add-stop move-stop voice-codes cancel consignments take-off complete-loading',
    loaded: 'add-stop move-stop voice-codes cancel take-off depart',
    departed: 'add-stop move-stop voice-codes return break-down',
    returned: 'hand-over',
    'handed-over': 'close',
    closed: '',
    cancelled: '',
  });
  expect(allowedRoundActs({ status: 'departed', brokenDown: true })).toEqual([
    'add-stop',
    'move-stop',
    'voice-codes',
    'return',
    'transfer',
    'abort',
  ]);
});
