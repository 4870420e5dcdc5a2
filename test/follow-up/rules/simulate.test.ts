/** The simulation lives by the same deciders as the service; that it breaks off at a broken promise is what makes its promises worth something. */
import { expect, test } from 'vitest';
import { findBrokenInvariant, liveResident, type Step } from '../../../domain/follow-up/simulated-life.ts';
import { runCommandLine } from '../../../worker/command-line.ts';
import { centreOf, createResidentRandom, loadSimulationRules, SIMULATED_FROM, simulate } from '../../../worker/simulate.ts';

const quiet = () => {};

test('the same seed lives the same lives, another one others; more residents leave the first ones as they were', () => {
  const request = { residents: 40, years: 3, seed: 5 };
  const first = simulate(request, quiet);
  expect(simulate(request, quiet).digest).toBe(first.digest);
  expect(simulate({ ...request, seed: 6 }, quiet).digest).not.toBe(first.digest);
  expect(first.total).toMatchObject({ visits: expect.any(Number) });
  expect(first.total.visits).toBeGreaterThan(200);
});

test('300 lives of five years keep every promise after every decision; some end lost, some by death, some are referred', () => {
  const { total, steps } = simulate({ residents: 300, years: 5, seed: 20_261_122 }, quiet);
  console.log(`${steps} decisions, ${total.visits} visits, ${total.lost} lost, ${total.died} died`);
  expect(total.lost).toBeGreaterThan(0);
  expect(total.died).toBeGreaterThan(0);
  expect(total.routineReferrals).toBeGreaterThan(0);
});

test('a state that has lost its next visit is noticed', () => {
  const ground = { ...loadSimulationRules(), from: SIMULATED_FROM, years: 1 };
  const { after } = liveResident(createResidentRandom(1, 1), ground, 'r1', centreOf(1)).next().value as Step;
  expect(findBrokenInvariant(after)).toBeUndefined();
  expect(findBrokenInvariant({ ...after, plan: null })).toBe('the next visit and the active enrolments do not agree');
  const forgotten = after.enrolments.map((enrolment) => ({ ...enrolment, next: null }));
  expect(findBrokenInvariant({ ...after, enrolments: forgotten })).toMatch(/nothing is asked of it next/);
});

test('the command line runs it, and says in a sentence what it cannot take', async () => {
  const run = async (...args: string[]) => {
    let [out, err] = ['', ''];
    const code = await runCommandLine(args, {
      environment: {},
      out: { write: (text: string) => (out += text) },
      err: { write: (text: string) => (err += text) },
    });
    return { code, out, err };
  };
  const done = await run('simulate', '--residents', '5', '--years', '1', '--seed', '3');
  expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/^5 residents, 1 years, seed 3: \d+ decisions/) });
  expect(await run('simulate', '--residents', 'many')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/--residents is a whole number/),
  });
  expect(await run('simulate', '--folder', 'x')).toMatchObject({ code: 2, err: expect.stringMatching(/simulate takes no --folder/) });
});
