/** The alliance office's day: what is overdue anywhere, a referral that goes to another hospital, a text of a message, the figures and the book. */
import { expect } from 'vitest';
import { localDateOf } from '../../domain/time/local-date.ts';
import { sendReferral } from './arrivals.ts';
import { countWork, type Desk, good } from './desk.ts';

export async function liveOfficeDay(desk: Desk): Promise<void> {
  const gp = await desk.signIn('gp');
  const { id, sentAt } = await sendReferral(desk, gp);
  const month = localDateOf(Date.parse(sentAt as string)).slice(0, 7);

  const office = await desk.signIn('office');
  const day = countWork('Alliance office', office);

  await day.piece('what is overdue anywhere', 2, async () => {
    const counts = await good(office.get('/v1/worklist/counts', { query: { overdue: true } }));
    const { items } = await good(office.get('/v1/worklist', { query: { overdue: true } }));
    expect(counts.overdue).toBe(counts.all);
    for (const item of items) expect(item.overdue).toBe(true);
  });

  const rerouted = await day.piece('a referral goes to another hospital', 2, async () => {
    const { allowed, etag } = await readWithVersion();
    expect(allowed).toContain('reroute');
    return good(
      office.post('/v1/referrals/{id}/reroute', {
        path: { id },
        ...(etag ? { ifMatch: etag } : {}),
        body: { toInstitutionId: 'inst-h2', reason: '专科停诊' },
      }),
    );
  });
  expect(rerouted.legs.map(({ institutionId }) => institutionId)).toEqual(['inst-h1', 'inst-h2']);
  async function readWithVersion() {
    const answer = await office.get('/v1/referrals/{id}', { path: { id } });
    if (!answer.ok) throw new Error(answer.problem.code);
    return { allowed: answer.body.allowed, etag: answer.etag };
  }

  const { version, findings } = await day.piece('a text is written anew and looked at', 2, async () => {
    const { items } = await good(office.get('/v1/message-templates'));
    const template = items.find((one) => one.id === 'referral-accepted');
    if (!template) throw new Error('The template is there.');
    return good(
      office.post('/v1/message-templates/{id}/versions', {
        path: { id: template.id },
        body: { texts: { zh: template.texts.zh, en: template.texts.en } },
      }),
    );
  });
  expect(findings).toEqual([]);
  const alone = await office.post('/v1/message-templates/{id}/publish', { path: { id: 'referral-accepted' }, body: { version } });
  expect(alone).toMatchObject({ ok: false, problem: { code: 'second-person-required' } });
  const second = await desk.signIn('office2');
  await good(second.post('/v1/message-templates/{id}/publish', { path: { id: 'referral-accepted' }, body: { version } }));

  const evening = await day.piece('the figures of the alliance, and the book', 2, async () => ({
    figures: await good(office.get('/v1/indicators', { query: { from: month, to: month } })),
    book: await good(office.get('/v1/referral-book.csv', { query: { month, all: 'true' } })),
  }));
  expect(evening.figures.items.map(({ institutionId }) => institutionId)).toContain('inst-c01');
  expect(evening.book).toContain('青石社康中心');
  day.print();
}
