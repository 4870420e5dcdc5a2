/** Messages in the manner of many senders, written by us and kept to the byte, each with what it must give: the codes of the answer, the places, the effect. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findReferralId } from '../../db/hl7v2/messages.ts';
import { findReferral } from '../../db/referral/referrals.ts';
import { stepsOfReferral } from '../../db/referral/steps.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import * as his from '../support/builders/hl7v2.ts';
import { type Service, startService } from '../support/service/service.ts';

const folder = new URL('../fixtures/hl7v2/', import.meta.url);

/** One line of the table. */
interface Expected {
  file: string;
  /** The institution whose account sends it. */
  from: string;
  /** What the transport says of the character set. */
  charset?: string;
  /** MSA-1 of each message of the answer, in order. */
  ack: string[];
  errors?: { place: string; condition: string }[];
  /** Places that the answer names as not kept. */
  notices?: string[];
  /** The answer names the message though it could not be read. */
  controlId?: true;
  /** BHS-12 of the answer. */
  batch?: string;
  /** The referral that the sender's number names; null where there is none. */
  referral?: { number: string; status: string; urgency?: string; patient?: string; contains?: string[] };
  patient?: { localId: string; mergedIntoLocalId?: string | null } & Record<string, unknown>;
  /** The reason of the newest review, which this message has opened. */
  review?: string;
}

const table: Expected[] = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'));
const PATIENTS = '1.2.156.99999.9.7';
const NUMBERS = '1.2.156.99999.9.8';

/** One whom the hospital names with another number, and one whom it does not name. */
const knownContacts = [
  { id: 'contact-1', name: '田大强', relation: '儿子', phone: '13900139002' },
  { id: 'contact-2', name: '田奶奶', relation: '母亲', phone: '13900139003' },
];

let service: Service;
const systems = new Map<string, his.HisSystem>();
beforeAll(async () => {
  service = await startService();
  for (const institution of ['inst-c01', 'inst-h1']) systems.set(institution, await his.hisOf(service, institution));
  const residents = Array.from({ length: 40 }, (_, index) => `C${String(index + 1).padStart(2, '0')}`);
  await service.db
    .insertInto('patient')
    .values(
      residents.map((localId) => ({
        id: `corpus-${localId}`,
        name: '田秀兰',
        // The one whom a merger contradicts.
        birth_date: localId === 'C38' ? '1985-01-02' : '1958-04-17',
        sex: 'female' as const,
        home_institution_id: 'inst-c01',
        team_id: null,
        phone: null,
        address: '旧地址',
        contacts: JSON.stringify(localId === 'C39' ? knownContacts : []),
      })),
    )
    .execute();
  await service.db
    .insertInto('patient_local_id')
    .values(residents.map((value) => ({ system: PATIENTS, value, patient_id: `corpus-${value}` })))
    .execute();
});
afterAll(() => service?.stop());

/** The one thing that cannot be kept to the byte: an appointment lies ahead. `<+030d0900>` is nine o'clock in thirty days. */
function withDates(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1').replaceAll(/<\+(\d{3})d(\d{4})>/g, (_, days: string, time: string) => {
    return localDateOf(Date.now() + Number(days) * DAY_MS).replaceAll('-', '') + time;
  });
  return Buffer.from(text, 'latin1');
}

const answersIn = (text: string) =>
  text
    .split(/(?<=^|\r)(?=MSH)/)
    .filter((part) => part.startsWith('MSH'))
    .map((part) => his.read({ text: part }));

async function referralNamed(value: string) {
  const id = await findReferralId(service.db, { authority: NUMBERS, value });
  const record = id === undefined ? undefined : await findReferral(service.db, id);
  return record && { record, steps: await stepsOfReferral(service.db, record) };
}

async function effectOf({ referral, patient, review }: Expected): Promise<object> {
  const found = referral && (await referralNamed(referral.number));
  const said = JSON.stringify(found ?? null);
  const row =
    patient && (await service.db.selectFrom('patient').selectAll().where('id', '=', `corpus-${patient.localId}`).executeTakeFirstOrThrow());
  const newest = await service.db.selectFrom('identity_review').select('reason').orderBy('id', 'desc').limit(1).executeTakeFirst();
  return {
    ...(referral
      ? {
          status: found?.record.state.status,
          urgency: referral.urgency && found?.record.state.urgency,
          patient: referral.patient && found?.record.state.patientId,
          lacks: (referral.contains ?? []).filter((text) => !said.includes(JSON.stringify(text).slice(1, -1))),
        }
      : {}),
    ...(row
      ? {
          name: row.name,
          phone: row.phone,
          address: row.address,
          contacts: row.contacts.map(({ name, relation, phone }) => `${name} ${relation} ${phone}`),
          birthDate: row.birth_date,
          diedOn: row.deceased_at && localDateOf(row.deceased_at.getTime()),
          mergedIntoLocalId: row.merged_into_id?.replace('corpus-', '') ?? null,
        }
      : {}),
    ...(review ? { review: newest?.reason } : {}),
  };
}

function wantedEffect({ referral, patient, review }: Expected): object {
  const { localId: _, ...fields } = patient ?? { localId: '' };
  return {
    ...(referral
      ? { status: referral.status, urgency: referral.urgency, patient: referral.patient && `corpus-${referral.patient}`, lacks: [] }
      : {}),
    ...fields,
    ...(review ? { review } : {}),
  };
}

test('there are sixty of them and more, of seven versions, and each file has its line', () => {
  expect(table.length).toBeGreaterThanOrEqual(60);
  expect(new Set(table.map(({ file }) => file)).size).toBe(table.length);
});

test('every message of the corpus gives the answer and the effect that its line says, and the same answer when it comes again', {
  timeout: 300_000,
}, async () => {
  const differences: object[] = [];
  for (const [index, line] of table.entries()) {
    const bytes = withDates(readFileSync(new URL(line.file, folder)));
    const system = systems.get(line.from) as his.HisSystem;
    const answer = await system.send(bytes, line.charset);
    const answers = answersIn(new TextDecoder(line.charset === 'gb18030' ? 'gb18030' : 'utf-8').decode(answer.bytes));
    const errors = answers.flatMap((each) => each.errors);
    const header = bytes.toString('latin1').split(/[\r\n]/, 1)[0] as string;
    const came = {
      http: answer.status,
      ack: answers.map(({ code }) => code),
      errors: errors.filter(({ condition }) => condition !== '0').map(({ place, condition }) => ({ place, condition })),
      notices: (line.notices ?? []).filter((place) => !errors.some((error) => error.condition === '0' && error.place === place)),
      controlId: line.controlId && answers[0]?.controlId === header.split(header.charAt(3))[9],
      batch: line.batch && /(?:^|\r)BHS\|(?:[^|\r]*\|){10}([^|\r]*)/.exec(answer.text)?.[1],
      effect: await effectOf(line),
    };
    const wanted = {
      http: 200,
      ack: line.ack,
      errors: line.batch ? came.errors : (line.errors ?? []),
      notices: [],
      controlId: line.controlId,
      batch: line.batch,
      effect: wantedEffect(line),
    };
    // Only what the line speaks of is compared; a column of the patient that it does not name may be anything.
    const same = (() => {
      try {
        expect(came).toMatchObject(wanted);
        return true;
      } catch {
        return false;
      }
    })();
    if (!same) differences.push({ file: line.file, came, wanted, answer: answer.text });
    // That a message which comes again gets the same answer holds for all alike; a fifth of them shows it.
    if (index % 5 === 0 && !line.batch && line.ack[0] !== 'AR') {
      const again = await system.send(bytes, line.charset);
      if (!Buffer.from(again.bytes).equals(Buffer.from(answer.bytes))) differences.push({ file: line.file, again: again.text });
    }
  }
  expect(differences).toEqual([]);
});

describe('what people decide after it', () => {
  interface Review {
    id: string;
    reason: string;
    fact: { type: string; patientId: string | null; retracts?: { source: string; messageId: string }; correction?: object };
  }
  const reviews = async (): Promise<Review[]> => (await service.get('office', '/v1/identity-reviews?limit=200')).body.items;
  const resolve = (id: string, body: object) => service.post('office', `/v1/identity-reviews/${id}/resolve`, body);
  const shown = async (localId: string) => (await service.get('gp', `/v1/patients/corpus-${localId}`)).body;

  test('a correction by message stands in the history as one by hand does', async () => {
    const { body } = await service.get('nurse', '/v1/patients/corpus-C27/changes');
    expect(body.items.map(({ field }: { field: string }) => field).sort()).toEqual(['address', 'name', 'phone']);
    for (const item of body.items)
      expect(item).toMatchObject({ by: { id: 'person-gateway-inst-c01' }, reason: expect.stringMatching(/^HL7 v2 inst-c01 K/) });
  });

  test('what contradicts the register is written only when somebody says whose it is', async () => {
    const review = (await reviews()).find(({ reason }) => reason === 'person-contradicts') as Review;
    expect(review.fact).toMatchObject({
      type: 'person-reported',
      patientId: 'corpus-C30',
      correction: { name: '李四', birthDate: '1985-01-02' },
    });
    expect((await resolve(review.id, { patientId: 'corpus-C30' })).status).toBe(200);
    expect(await shown('C30')).toMatchObject({ name: '李四', birthDate: '1985-01-02', sex: 'female' });
    expect((await service.get('nurse', '/v1/patients/corpus-C30/changes')).body.items).toHaveLength(2);
  });

  test('a merger is undone by people, and not by A37', async () => {
    const review = (await reviews()).find(({ reason }) => reason === 'fact-retracted') as Review;
    expect((await resolve(review.id, { patientId: 'corpus-C36' })).status).toBe(200);
    expect(await shown('C36')).toMatchObject({ mergedInto: null });
  });

  test('no message undoes a death: who has looked at the A13 says so', async () => {
    const review = (await reviews()).find(({ reason }) => reason === 'death-contradicted') as Review;
    expect(review.fact).toMatchObject({ type: 'discharge-cancelled', patientId: 'corpus-C32' });
    expect((await resolve(review.id, { patientId: 'corpus-C32' })).status).toBe(422);
    expect((await resolve(review.id, { dismissReason: '患者确已死亡' })).status).toBe(200);
    expect(await shown('C32')).toMatchObject({ diedOn: '2026-11-01' });
  });
});
