/** What residents and staff read, over the API: texts that can be acted on, one digest a morning, and texts that the alliance writes itself. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shippedLessons } from '../../db/follow-up/lessons.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { queueMessages } from '../../db/messages/queue-messages.ts';
import { followUp } from '../../domain/follow-up/decider.ts';
import { findEarliest } from '../../domain/kit/pathway.ts';
import { digestTemplate } from '../../domain/messages/digest.ts';
import { lintLesson } from '../../domain/messages/lint-lesson.ts';
import { createLog } from '../../platform/log.ts';
import { createDispatcher } from '../../worker/outbox/dispatcher.ts';
import { createSmsSender } from '../../worker/outbox/sms-sender.ts';
import { newResident } from '../support/builders/facts.ts';
import { lifeOf } from '../support/builders/follow-up-life.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Contract, contractOf } from '../support/oracles/contract.ts';
import { type Service, startService } from '../support/service/service.ts';
import { type ControlledSink, startControlledSmsSink } from '../support/sinks/sinks.ts';

let service: Service;
let contract: Contract;
let gateway: ControlledSink;
beforeAll(async () => {
  [service, gateway] = await Promise.all([startService(), startControlledSmsSink()]);
  contract = await contractOf(service.app);
});
afterAll(async () => {
  await service?.stop();
  await gateway?.stop();
});

const DAY_MS = 86_400_000;
const silent = createLog('worker', 'silent');
const outbox = async (query: string) => {
  const answer = await service.get('office', `/v1/demo/outbox?${query}`);
  expect([answer.status, contract.findBrokenPromises('GET', '/v1/demo/outbox', answer)]).toEqual([200, []]);
  return answer.body.items as {
    template: string;
    text: string;
    state: string;
    to: { type: string; id: string };
    templateVersion: number | null;
  }[];
};

/** Nine in the morning, some days from now, on a Thursday. */
function thursdayMorning(): Date {
  const day = new Date(Date.now() + 20 * DAY_MS);
  const days = (11 - day.getUTCDay()) % 7;
  return new Date(`${new Date(day.getTime() + days * DAY_MS).toISOString().slice(0, 10)}T01:00:00Z`);
}

describe('a resident', () => {
  test('reads who writes, when, where with address and telephone, what to bring and whom to call, and is reminded', async () => {
    const patientId = await newResident(service, 'inst-c01', { phone: '13800000031' });
    const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId }));
    await service.post('specialist', `/v1/referrals/${body.id}/send-acceptance`, {});
    const startsAt = thursdayMorning();
    const endsAt = new Date(startsAt.getTime() + 1_800_000);
    const booked = await service.post('specialist', `/v1/referrals/${body.id}/schedule-visit`, {
      startsAt: startsAt.toISOString(),
      endsAt: endsAt.toISOString(),
    });
    expect([booked.status, booked.body.code]).toEqual([200, undefined]);
    const told = (await outbox(`patientId=${patientId}&limit=200`)).filter(({ to }) => to.type === 'patient');
    const [year, month, day] = startsAt.toISOString().slice(0, 10).split('-').map(Number);
    for (const template of ['visit-scheduled', 'visit-reminder']) {
      const item = told.find((one) => one.template === template);
      expect(item).toMatchObject({ state: 'waiting', to: { type: 'patient', id: patientId } });
      for (const part of [
        '【青石社康中心】',
        `${year}年${month}月${day}日（星期四）上午9:00`,
        '临澜市人民医院（临澜市人民路100号）',
        '010-05550001',
        '身份证',
        '010-05550101',
      ])
        expect(item?.text).toContain(part);
    }
    const { rows } = await sql<{ at: Date }>`
      select next_attempt_at as at from message where template = 'visit-reminder' and recipient_id = ${patientId}`.execute(service.db);
    expect(rows[0]?.at.getTime()).toBeLessThan(startsAt.getTime() - 12 * 3_600_000);
    expect(rows[0]?.at.getTime()).toBeGreaterThan(Date.now());

    // The demonstration's clock brings it nearer.
    const ms = (rows[0]?.at.getTime() as number) - Date.now();
    expect((await service.fastForward(body.id, `PT${Math.ceil(ms / 1_000) + 60}S`)).status).toBe(200);
    const after = await sql<{ due: boolean }>`
      select next_attempt_at <= now() as due from message where template = 'visit-reminder' and recipient_id = ${patientId}`.execute(
      service.db,
    );
    expect(after.rows).toEqual([{ due: true }]);
  });

  test('is told where to go now, and 120, in an emergency; of a withdrawal too', async () => {
    const patientId = await newResident(service, 'inst-c01', { phone: '13800000032' });
    const { body } = await service.post(
      'gp',
      '/v1/referrals',
      await newReferral(service, { patientId, urgency: 'urgent', emergency: true }),
    );
    const [sent] = await outbox(`patientId=${patientId}`);
    const texts = (await outbox(`patientId=${patientId}`)).filter(({ to }) => to.type === 'patient').map(({ text }) => text);
    expect(sent).toBeDefined();
    expect(texts).toEqual([expect.stringMatching(/请您现在就去临澜市人民医院急诊（临澜市人民路100号），电话010-05550001.*120/)]);
    expect((await service.post('gp', `/v1/referrals/${body.id}/withdraw`, { reason: '误发' })).status).toBe(200);
    const told = (await outbox(`patientId=${patientId}`)).filter(({ to }) => to.type === 'patient');
    expect(told.map(({ template }) => template).sort()).toEqual(['referral-cancelled', 'referral-emergency']);
  });
});

describe('the morning of a centre', () => {
  test('36 residents whose windows open cost each nurse one message, with the count of tasks and a link', async () => {
    const life = lifeOf('htn-2017');
    const due = findEarliest(followUp.obligations(life.state()));
    expect(due?.name).toBe('window-open');
    const windows = Array.from({ length: 36 }, () => randomUUID());
    await service.db
      .insertInto('pathway')
      .values(windows.map((id) => ({ id, kind: 'follow-up' })))
      .execute();
    const residents = await Promise.all(windows.map(() => newResident(service, 'inst-c02', { phone: '13800000033' })));
    await Promise.all(
      windows.map(async (id, index) => {
        const state = { ...life.state(), centreId: 'inst-c02', patientId: residents[index] as string };
        const event = { kind: 'due', name: 'window-open', id: due?.id ?? '', at: due?.at ?? 0, actor: null, input: null } as const;
        const verdict = followUp.decide(state, event);
        if (!verdict.ok) throw new Error('The window did not open.');
        await inTransaction(service.db, { system: true, part: 'operator' }, (trx) => queueMessages(trx, id, verdict.decision));
      }),
    );
    const { rows: nurses } = await sql<{ id: string }>`
      select person_id as id from post where institution_id = 'inst-c02' and role = 'nurse'`.execute(service.db);
    expect(nurses.length).toBeGreaterThan(0);
    for (const { id } of nurses) {
      const { rows } = await sql<{ template: string; at: Date }>`
        select template, next_attempt_at as at from message where recipient_id = ${id}`.execute(service.db);
      expect(rows.map(({ template }) => template)).toEqual(rows.map(() => digestTemplate));
      // One for a day; only a test that runs over the hour of the digest sees two days.
      expect(new Set(rows.map(({ at }) => at.getTime())).size).toBe(rows.length);
      expect(rows.length).toBeGreaterThan(0);
    }
    const { rows: invited } = await sql<{ count: number }>`
      select count(*)::int as count from message where template = 'follow-up-open' and recipient_id = any(${residents})`.execute(
      service.db,
    );
    expect(invited).toEqual([{ count: 36 }]);
  });

  test('a digest that would say nothing is not sent, and one that was sent says what it said', async () => {
    const recipientId = 'person-gp';
    const { rows: before } = await sql`select id from message where template = ${digestTemplate} and recipient_id = ${recipientId}`.execute(
      service.db,
    );
    expect(before).toEqual([]);
    await sql`update person set phone = '13800000034' where id in (${recipientId}, 'person-nurse')`.execute(service.db);
    await sql`delete from post where person_id = 'person-nurse'`.execute(service.db);
    for (const id of [recipientId, 'person-nurse'])
      await service.db
        .insertInto('message')
        .values({
          key: `digest:${id}:test`,
          template: digestTemplate,
          parameters: '{}',
          recipient_type: 'person',
          recipient_id: id,
          channel: 'sms',
        })
        .execute();
    await service.db
      .insertInto('message')
      .values({
        key: 'other',
        template: digestTemplate,
        parameters: '{"news":2}',
        recipient_type: 'person',
        recipient_id: 'person-nurse',
        channel: 'sms',
      })
      .execute();
    const senders = [createSmsSender({ url: gateway.url })];
    const dispatcher = createDispatcher({ db: service.db, senders, log: silent, link: 'https://carepath.example/' });
    while ((await dispatcher.dispatchOnce()) > 0);
    const { rows } = await sql<{ key: string; status: string; withdrawn_because: string | null }>`
      select key, status, withdrawn_because from message where key in ('digest:person-nurse:test', 'other') order by key`.execute(
      service.db,
    );
    expect(rows).toEqual([
      { key: 'digest:person-nurse:test', status: 'withdrawn', withdrawn_because: 'already-done' },
      { key: 'other', status: 'sent', withdrawn_because: null },
    ]);
    const digests = gateway.requests.filter(({ text }) => text.includes('早间提要')).map(({ text }) => text);
    expect(digests).toContainEqual(expect.stringMatching(/待办0项；另有变化2条。请登录系统查看：https:\/\/carepath\.example\//));
    const shown = (await outbox('limit=200')).filter(({ template }) => template === digestTemplate);
    expect(shown.map(({ text }) => text)).toContainEqual(expect.stringContaining('待办0项；另有变化2条'));
  });
});

describe('the alliance’s own texts', () => {
  const path = '/v1/message-templates/follow-up-education';
  const texts = {
    zh: '[【{centre}】]您好，有一份材料放在[{place}|您的社康中心][（{address}）]，[请致电{contact}|请联系家庭医生]。',
    en: '[{centre}: ]Hello, something to read is at [{place}|your health centre][ ({address})]; [please call {contact}|please ask your family doctor].',
  };
  const write = (account: string, body: unknown) => service.post(account, `${path}/versions`, body);
  const publish = (account: string, version: number) => service.post(account, `${path}/publish`, { version });
  const current = async () => {
    const answer = await service.get('gp', '/v1/message-templates');
    expect([answer.status, contract.findBrokenPromises('GET', '/v1/message-templates', answer)]).toEqual([200, []]);
    return answer.body.items.find(({ id }: { id: string }) => id === 'follow-up-education');
  };

  test('are written by one of the office, seen in every state, published by another, sent, and kept with the message', async () => {
    expect(await current()).toMatchObject({
      version: 1,
      placeholders: expect.arrayContaining(['centre', 'place', 'address', 'contact', 'number']),
    });
    const written = await write('office', { texts });
    expect([written.status, contract.findBrokenPromises('POST', `${path}/versions`, written)]).toEqual([201, []]);
    expect(written.body).toMatchObject({ version: 2, findings: [] });
    expect(written.body.preview).toContainEqual({
      language: 'zh',
      state: 'everything-known',
      text: '【青石社康中心】您好，有一份材料放在青石社康中心（临澜市青石街道青石路12号），请致电010-05550112。',
    });
    expect((await current()).version).toBe(1);
    expect([(await publish('gp', 2)).body.code, (await publish('office', 2)).body.code]).toEqual([
      'role-may-not',
      'second-person-required',
    ]);
    expect((await publish('office2', 9)).body.errors).toMatchObject([{ path: 'version' }]);
    expect(await publish('office2', 2)).toMatchObject({ status: 200, body: { id: 'follow-up-education', version: 2, texts } });
    expect(await current()).toMatchObject({ version: 2, texts });

    const patientId = await newResident(service, 'inst-c01', { phone: '13800000035' });
    await service.db
      .insertInto('message')
      .values({
        key: 'education',
        template: 'follow-up-education',
        parameters: '{}',
        recipient_type: 'patient',
        recipient_id: patientId,
        channel: 'sms',
      })
      .execute();
    const noon = sql<Date>`(date_trunc('day', now() at time zone 'Asia/Shanghai') + interval '36 hours') at time zone 'Asia/Shanghai'`;
    await createDispatcher({
      db: service.db,
      senders: [createSmsSender({ url: gateway.url })],
      log: silent,
      clock: () => noon,
    }).dispatchOnce();
    const text = '【青石社康中心】您好，有一份材料放在青石社康中心（临澜市青石路1号），请致电010-05550101。';
    expect(gateway.requests.filter(({ to }) => to === '13800000035').map((request) => request.text)).toEqual([text]);
    expect(await outbox(`patientId=${patientId}`)).toMatchObject([{ state: 'sent', templateVersion: 2, text }]);
    // A later version does not change what was sent.
    await write('office', { texts: { ...texts, zh: `${texts.zh}谢谢。` } });
    expect((await publish('office2', 3)).status).toBe(200);
    expect(await outbox(`patientId=${patientId}`)).toMatchObject([{ templateVersion: 2, text }]);
  });

  test('are refused with a placeholder that the template does not have, and a leak is found and never published', async () => {
    const wrong = await write('office', { texts: { ...texts, zh: '您好{name}，请来[{place}' } });
    expect([wrong.status, wrong.body.errors]).toMatchObject([422, [{ path: 'texts.zh' }]]);
    expect((await write('office', { texts: { ...texts, en: 'Hello [{place}' } })).body.errors).toMatchObject([{ path: 'texts.en' }]);
    expect((await service.post('office', '/v1/message-templates/nothing/versions', { texts })).status).toBe(404);
    expect((await write('specialist', { texts })).body.code).toBe('role-may-not');
    const leaking = await write('office', { texts: { zh: '您好，您的高血压该复查了。', en: texts.en } });
    expect(leaking.status).toBe(201);
    const codes = new Set(leaking.body.findings.map(({ code, language }: { code: string; language: string }) => `${language} ${code}`));
    expect(codes).toEqual(new Set(['zh missing-place', 'zh missing-contact', 'zh names-disease']));
    const refused = await publish('office2', leaking.body.version);
    expect([refused.status, refused.body.code]).toEqual([409, 'text-gives-away']);
    const plain = await write('office', { texts: { zh: '您好，请来。', en: 'Hello, please come.' } });
    expect(plain.body.findings.length).toBeGreaterThan(0);
    expect((await publish('office2', plain.body.version)).status).toBe(200);
  });
});

test('a lesson has a text, versions that say who and when, a page to print; the sheet shows the one that was given', async () => {
  const path = '/v1/lessons/salt';
  const enrol = async () => {
    const patientId = await newResident(service, 'inst-c01', { phone: null });
    expect((await service.post('gp', '/v1/enrolments', { patientId, protocol: 'htn-2017', startedOn: today() })).status).toBe(201);
    return patientId;
  };
  const given = async (patientId: string) => {
    const { body } = await service.get('gp', `/v1/patients/${patientId}/sheet`);
    expect(body.script).toContainEqual({
      code: 'lesson-salt',
      zh: expect.stringMatching(/材料第\d版/),
      en: expect.stringMatching(/version \d/),
    });
    return body.lessons.find(({ code }: { code: string }) => code === 'salt');
  };
  const before = await enrol();
  const body = { zh: '家里每人每天不超过5克盐。', en: 'At most 5 g of salt a day for each at home.' };
  const written = await service.post('office', `${path}/versions`, { body });
  expect([written.status, contract.findBrokenPromises('POST', `${path}/versions`, written)]).toEqual([201, []]);
  expect(written.body).toMatchObject({ version: 2, body, link: false, writtenBy: 'person-office', publishedAt: null, findings: [] });
  expect([
    (await service.post('gp', `${path}/versions`, { body })).body.code,
    (await service.post('office', `${path}/publish`, { version: 2 })).body.code,
    (await service.post('office', `${path}/versions`, { body: { ...body, zh: 'https://example.org/salt' } })).body.errors[0].path,
    (await service.get('gp', '/v1/lessons/nothing/versions')).status,
  ]).toEqual(['role-may-not', 'second-person-required', 'body', 404]);
  expect(await service.post('office2', `${path}/publish`, { version: 2 })).toMatchObject({ status: 200, body: { version: 2, body } });
  const listed = await service.get('gp', '/v1/lessons');
  expect(contract.findBrokenPromises('GET', '/v1/lessons', listed)).toEqual([]);
  expect(listed.body.items.find(({ code }: { code: string }) => code === 'salt')).toMatchObject({ version: 2, body });
  expect((await service.get('gp', `${path}/versions`)).body.items.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
  // Who was taught before has the first version in hand, who comes now the second.
  expect(await given(before)).toMatchObject({ version: 1, body: { zh: expect.stringContaining('限盐勺') } });
  expect(await given(await enrol())).toMatchObject({ version: 2, body });
  const printed = await service.get('gp', `${path}/lesson.pdf?version=1`);
  expect([printed.status, printed.headers.get('content-type')]).toEqual([200, 'application/pdf']);
});

test('a lesson that names somebody says so when it is written, and is not published', async () => {
  const path = '/v1/lessons/foot-care';
  const { name } = await service.db.selectFrom('person').select('name').where('id', '=', 'person-gp').executeTakeFirstOrThrow();
  const written = await service.post('office', `${path}/versions`, {
    body: { zh: `每天看脚，有伤口请找${name}，血糖高于13.9也要来。`, en: 'Look at your feet every day.' },
  });
  expect([written.status, contract.findBrokenPromises('POST', `${path}/versions`, written)]).toEqual([201, []]);
  expect(written.body.findings).toEqual([{ code: 'names-person', language: 'zh' }]);
  const published = await service.post('office2', `${path}/publish`, { version: written.body.version });
  expect([published.status, published.body.code, published.body.findings]).toEqual([409, 'text-gives-away', written.body.findings]);
  for (const { body } of shippedLessons.values()) expect(lintLesson(body, { departments: [], people: [name] })).toEqual([]);
});

test('what can wait is one message of the outbox, with its parts', async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13800000036' });
  await service.post('gp', '/v1/enrolments', { patientId, protocol: 'htn-2017', startedOn: today() });
  const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId }));
  const noon = sql<Date>`(date_trunc('day', now() at time zone 'Asia/Shanghai') + interval '36 hours') at time zone 'Asia/Shanghai'`;
  await createDispatcher({
    db: service.db,
    senders: [createSmsSender({ url: gateway.url })],
    log: silent,
    clock: () => noon,
  }).dispatchOnce();
  const [item, ...more] = await outbox(`patientId=${patientId}`);
  const sent = [item, ...more].filter((one) => one?.to.id === patientId && one.state === 'sent');
  expect(sent).toMatchObject([{ template: 'message-bundle', text: expect.stringContaining('有2件事'), parts: expect.any(Array) }]);
  expect(await outbox(`pathwayId=${body.id}`)).toContainEqual(expect.objectContaining({ template: 'message-bundle' }));
});

const today = (): string => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
