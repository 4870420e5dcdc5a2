/** Forty messages in shuffled orders, each of them twice: the second copies change nothing, and mixing referrals changes nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom, type Random } from '../../domain/kit/random.ts';
import * as his from '../support/builders/hl7v2.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let centre: his.HisSystem;
let hospital: his.HisSystem;
beforeAll(async () => {
  service = await startService();
  centre = await his.hisOf(service, 'inst-c01');
  hospital = await his.hisOf(service, 'inst-h1');
});
afterAll(() => service?.stop());

type Write = (parts: his.MessageParts) => string;
interface Line {
  /** which referral, and which of its messages */
  referral: number;
  step: number;
  system: 'centre' | 'hospital';
  write: Write;
}

const byCentre = (...writes: Write[]) => writes.map((write) => ({ system: 'centre' as const, write }));
const byHospital = (...writes: Write[]) => writes.map((write) => ({ system: 'hospital' as const, write }));
const request = (parts: his.MessageParts) => his.request(parts);

/** Eight courses of five messages; some of them never were in order. */
const courses = [
  [...byCentre(request), ...byHospital(his.accept, his.appointment, his.interim, his.outcome)],
  [...byCentre(request), ...byHospital(his.accept, his.appointment, his.noShow, his.reschedule)],
  [...byCentre(request), ...byHospital(his.decline, his.interim, his.outcome), ...byCentre(his.cancel)],
  [...byCentre(request, his.cancel), ...byHospital(his.confirmCancel, his.accept, his.outcome)],
  [...byCentre(request, his.withdraw), ...byHospital(his.accept, his.appointment, his.decline)],
  [...byCentre(request), ...byHospital(his.accept, his.interim, his.interim, his.appointment)],
  [...byCentre(request), ...byHospital(his.accept), ...byCentre(his.cancel), ...byHospital(his.outcome, his.accept)],
  [...byHospital(his.accept), ...byCentre(request), ...byHospital(his.appointment, his.accept, his.cancelAppointment)],
];
const inOrder: Line[] = courses.flatMap((course, referral) => course.map((line, step) => ({ referral, step, ...line })));

interface Run {
  states: unknown[];
  answers: Map<Line, his.HisAnswer[]>;
}

/** The same line of the same run is the same message, however often it is sent. */
async function run(lines: readonly Line[]): Promise<Run> {
  const patients = await Promise.all(courses.map(() => his.newPatient(service)));
  const numbers = courses.map(() => his.newNumber());
  const messages = new Map(
    inOrder.map((line) => {
      const parts = { number: numbers[line.referral] as string, patient: patients[line.referral]?.pid as string };
      const way = line.system === 'centre' ? { from: 'inst-c01', to: 'inst-h1' } : { from: 'inst-h1', to: 'inst-c01' };
      return [line, line.write({ ...way, ...parts })];
    }),
  );
  const answers: Run['answers'] = new Map(inOrder.map((line) => [line, []]));
  for (const line of lines) {
    const system = line.system === 'centre' ? centre : hospital;
    answers.get(line)?.push(await system.send(messages.get(line) as string));
  }
  const states = await Promise.all(patients.map(({ id }) => stateOf(id)));
  return { states, answers };
}

async function stateOf(patientId: string) {
  const rows = await service.db
    .selectFrom('referral')
    .innerJoin('pathway', 'pathway.id', 'referral.id')
    .select(['referral.status', 'referral.status_reason', 'pathway.version', 'pathway.id'])
    .where('referral.patient_id', '=', patientId)
    .execute();
  return Promise.all(
    rows.map(async ({ id, ...row }) => ({
      ...row,
      events: await service.db
        .selectFrom('timeline')
        .select(['event', 'to_status', 'note'])
        .where('pathway_id', '=', id)
        .orderBy('seq')
        .execute(),
    })),
  );
}

function shuffled(random: Random, lines: readonly Line[]): Line[] {
  const left = [...lines];
  return lines.map(() => left.splice(random.integer(0, left.length - 1), 1)[0] as Line);
}

/** Each line a second time, somewhere after the first. */
function twice(random: Random, lines: readonly Line[]): Line[] {
  const all = [...lines];
  for (const line of lines) all.splice(random.integer(all.indexOf(line) + 1, all.length), 0, line);
  return all;
}

/** Referrals mixed, each one's messages in their order. */
function mixed(random: Random, lines: readonly Line[]): Line[] {
  const waiting = courses.map((_, referral) => lines.filter((line) => line.referral === referral));
  return lines.map(() => random.pick(waiting.filter((course) => course.length > 0)).shift() as Line);
}

const codes = ({ answers }: Run) => inOrder.map((line) => his.read(answers.get(line)?.[0] as his.HisAnswer).code);

test('forty messages', () => expect(inOrder).toHaveLength(40));

describe.each([1, 2])('seed %i', (seed) => {
  test('in any order, twice each: the same final state as once each, and the second answer is the first', {
    timeout: 300_000,
  }, async () => {
    const random = createRandom(seed);
    const order = shuffled(random, inOrder);
    const [once, doubled] = [await run(order), await run(twice(random, order))];
    expect(doubled.states).toEqual(once.states);
    expect(codes(doubled)).toEqual(codes(once));
    for (const [first, second] of [...doubled.answers.values()]) expect(second?.text).toBe(first?.text);
    expect(codes(once)).toContain('AE');
  });

  test('referrals mixed, twice each: the same final state as one referral after the other', { timeout: 300_000 }, async () => {
    const random = createRandom(seed + 100);
    const [straight, interleaved] = [await run(inOrder), await run(twice(random, mixed(random, inOrder)))];
    expect(interleaved.states).toEqual(straight.states);
    expect(codes(interleaved)).toEqual(codes(straight));
  });
});
