/** Who owes what on a load until when: each act, the timers that it stops and starts, and when the pathway is over. */
import { describe, expect, test } from 'vitest';
import { loadNormRules } from '../../../db/sterile-supply/norm-rules.ts';
import { evolve, type PathwayEvent } from '../../../domain/kit/pathway.ts';
import { steriliserLoad } from '../../../domain/steriliser-load/decider.ts';
import type { StartSteriliserLoad } from '../../../domain/steriliser-load/events.ts';
import { initialSteriliserLoadState, loadTimers, type SteriliserLoadState } from '../../../domain/steriliser-load/state.ts';
import { instantOf } from '../../../domain/time/sla-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const { timers } = loadNormRules('2026-03-09');
const startedAt = Date.parse('2026-03-09T14:00:00+08:00');
const endedAt = startedAt + 40 * MINUTE;
const actor = { personId: 'person-technician', institutionId: 'inst-cssd', role: 'technician' };

const creation: StartSteriliserLoad = {
  loadId: 'load-1',
  institutionId: 'inst-cssd',
  infectionInstitutionId: 'inst-h1',
  purpose: 'packs',
  startedAt,
  programSeconds: 240,
  timers: Object.fromEntries(loadTimers.map((name) => [name, timers[name]])) as StartSteriliserLoad['timers'],
  indicatorIds: ['bi-1'],
};

let events = 0;
function take(state: SteriliserLoadState, name: string, input: Record<string, unknown>, at = startedAt): SteriliserLoadState {
  const kind: PathwayEvent['kind'] =
    name === 'start' || name === 'decide-recall' || name === 'review-pack' ? 'command' : name === 'rung' ? 'due' : 'fact';
  events += 1;
  const id = name === 'rung' ? String(input.id) : `event-${events}`;
  const verdict = steriliserLoad.decide(state, {
    kind,
    name,
    id,
    at,
    actor: kind === 'command' ? actor : null,
    input: kind === 'due' ? null : input,
  });
  if (!verdict.ok) throw new Error(verdict.refusal.code);
  return evolve(state, verdict.decision);
}

const begin = (set: Partial<StartSteriliserLoad> = {}) => take(initialSteriliserLoadState, 'start', { ...creation, ...set });
const fact = (state: SteriliserLoadState, name: string, occurredAt: number, loadStatus: string, more: Record<string, unknown> = {}) =>
  take(state, name, { occurredAt, loadStatus, ...more });

/** The running timers with their owners and the minutes from the start at which they are due. */
const owed = ({ timers: running }: SteriliserLoadState) =>
  Object.fromEntries(
    running.map((timer) => [timer.id, [timer.role, timer.institutionId, ((instantOf(timer, 100) ?? 0) - startedAt) / MINUTE]]),
  );

describe('each act stops a timer and starts the next', () => {
  const running = begin();
  const ended = fact(running, 'load-ended', endedAt, 'ended');
  const unloaded = fact(ended, 'load-unloaded', endedAt + 35 * MINUTE, 'ended');
  const released = fact(unloaded, 'load-released', endedAt + 40 * MINUTE, 'released');
  const incubating = fact(released, 'bi-incubated', endedAt + HOUR, 'released', { indicatorId: 'bi-1', dueAt: endedAt + 49 * HOUR });
  const read = { indicatorId: 'bi-1', usedPacks: false };

  test.each<[what: string, state: SteriliserLoadState, timers: Record<string, unknown>]>([
    ['started: the program and 30 minutes', running, { 'end-overdue': ['technician', 'inst-cssd', 34] }],
    [
      'ended: two hours to unload and to incubate',
      ended,
      { 'unload-overdue': ['technician', 'inst-cssd', 160], 'incubate-overdue-bi-1': ['releaser', 'inst-cssd', 160] },
    ],
    [
      'unloaded: two hours to release',
      unloaded,
      { 'incubate-overdue-bi-1': ['releaser', 'inst-cssd', 160], 'review-overdue': ['releaser', 'inst-cssd', 195] },
    ],
    ['released', released, { 'incubate-overdue-bi-1': ['releaser', 'inst-cssd', 160] }],
    ['incubating: its end and an hour', incubating, { 'read-overdue-bi-1': ['releaser', 'inst-cssd', 40 + 49 * 60 + 60] }],
    ['read', fact(incubating, 'bi-read', endedAt + 50 * HOUR, 'confirmed', read), {}],
    ['aborted', fact(running, 'load-aborted', endedAt, 'rejected'), {}],
    ['rejected', fact(unloaded, 'load-rejected', endedAt + HOUR, 'rejected'), {}],
    [
      'a requalification run is not unloaded',
      fact(begin({ purpose: 'requalification', indicatorIds: [] }), 'load-ended', endedAt, 'ended'),
      {},
    ],
  ])('%s', (_, state, expected) => expect(owed(state)).toEqual(expected));

  test.each<[what: string, state: SteriliserLoadState, over: boolean]>([
    ['released with an indicator that is not read', incubating, false],
    ['confirmed', fact(incubating, 'bi-read', endedAt, 'confirmed', read), true],
    ['failed', fact(incubating, 'bi-read', endedAt, 'failed', read), true],
    ['released, and its indicator was invalid', fact(incubating, 'bi-read', endedAt, 'released', read), true],
    ['quarantined, and its indicator was invalid', fact(incubating, 'bi-read', endedAt, 'quarantined', read), false],
    ['released without an indicator', fact(begin({ indicatorIds: [] }), 'load-released', endedAt, 'released'), true],
    ['ended', ended, false],
    ['rejected before its indicator was read', fact(ended, 'load-rejected', endedAt, 'rejected'), true],
  ])('%s: over is %s', (_, state, over) => expect(steriliserLoad.ended(state)).toBe(over));

  test('whoever is late and the head nurse are told, once', () => {
    const due = steriliserLoad.obligations(running);
    expect(due).toEqual([{ id: `end-overdue:${startedAt}:100`, name: 'rung', at: startedAt + 34 * MINUTE }]);
    const verdict = steriliserLoad.decide(running, {
      kind: 'due',
      name: 'rung',
      id: 'end-overdue:100',
      at: startedAt + 34 * MINUTE,
      actor: null,
      input: null,
    });
    expect(verdict).toMatchObject({
      ok: true,
      decision: {
        entries: [{ event: 'rung-100' }],
        messages: [{ template: 'rung-100', recipients: [{ role: 'technician' }, { role: 'headnurse' }] }],
      },
    });
    const late = take(running, 'rung', { id: 'end-overdue:100' }, startedAt + 34 * MINUTE);
    expect(steriliserLoad.obligations(late)).toEqual([]);
    expect(steriliserLoad.tasks(late).map(({ name }) => name)).toEqual(['end-overdue']);
  });

  test('an act that happened days before it is told starts its timer then', () => {
    expect(owed(fact(running, 'load-unloaded', startedAt - 48 * HOUR, 'ended'))['review-overdue']).toEqual([
      'releaser',
      'inst-cssd',
      (-48 + 2) * 60,
    ]);
  });
});

describe('packs that were used of a load that was taken back', () => {
  const early = fact(begin(), 'load-released-early', endedAt, 'released-early');
  const taken = fact(early, 'bi-read', endedAt + 50 * HOUR, 'quarantined', { indicatorId: 'bi-1', usedPacks: true });

  test('infection control decides within four hours', () => {
    expect(owed(taken)['recall-decision']).toEqual(['infection', 'inst-h1', 40 + 54 * 60]);
    expect(owed(take(taken, 'decide-recall', { recall: false }))['recall-decision']).toBeUndefined();
  });

  test('silence opens a recall', () => {
    const silent = take(taken, 'rung', { id: 'recall-decision:100' }, endedAt + 54 * HOUR);
    expect(owed(silent)['recall-decision']).toBeUndefined();
  });

  test('a recall that was opened otherwise ends the question', () => {
    expect(owed(fact(taken, 'load-recalled', endedAt + 51 * HOUR, 'quarantined'))['recall-decision']).toBeUndefined();
  });

  test('nobody decides twice', () => {
    expect(() => take(early, 'decide-recall', { recall: true })).toThrow('transition-not-allowed');
  });

  test('a question about a load that was over lives until it is answered', () => {
    const inquiry = begin({ indicatorIds: [], inquiry: { loadStatus: 'released', packId: 'pack-1', since: startedAt } });
    expect(owed(inquiry)).toEqual({ 'review-overdue-pack-1': ['releaser', 'inst-cssd', 120] });
    expect(steriliserLoad.ended(inquiry)).toBe(false);
    expect(steriliserLoad.ended(take(inquiry, 'review-pack', { packId: 'pack-1' }))).toBe(true);
  });
});
