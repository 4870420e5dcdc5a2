/** A system administrator's day: what is stuck, a pathway and its steps, a clock that is pushed to try something, who looked at whom. */
import { expect } from 'vitest';
import { sendReferral } from './arrivals.ts';
import { countWork, type Desk, good } from './desk.ts';

export async function liveAdministratorDay(desk: Desk): Promise<void> {
  const gp = await desk.signIn('gp');
  const { id } = await sendReferral(desk, gp);

  const administrator = await desk.signIn('sysadmin');
  const day = countWork('System administrator', administrator);

  await day.piece('what is late or waits for an answer', 2, async () => {
    const late = await good(administrator.get('/v1/pathways', { query: { status: 'open', overdue: true } }));
    for (const pathway of late.items) expect(pathway.overdue).toBe(true);
    const open = await good(administrator.get('/v1/pathways', { query: { status: 'open', kind: 'referral', limit: 200 } }));
    expect(open.items.map((pathway) => pathway.id)).toContain(id);
  });

  const { pathway, history } = await day.piece('one pathway and its steps', 2, async () => ({
    pathway: await good(administrator.get('/v1/pathways/{id}', { path: { id } })),
    history: await good(administrator.get('/v1/pathways/{id}/history', { path: { id }, query: { limit: 200 } })),
  }));
  expect([pathway.kind, pathway.status, pathway.runs.length]).toEqual(['referral', 'open', 1]);
  expect(history.items.length).toBeGreaterThan(3);
  for (const { summary } of history.items) if (summary) expect(summary).not.toMatch(/\d{4}-\d\d-\d\dT/);

  const pushed = await day.piece('its clock is pushed by a day', 1, () =>
    good(administrator.post('/v1/demo/fast-forward', { body: { pathwayId: id, duration: 'P1DT1H' } })),
  );
  expect(pushed.pathwayId).toBe(id);

  const after = await day.piece('what has become of it', 1, () => good(administrator.get('/v1/pathways/{id}', { path: { id } })));
  expect(after.version).toBeGreaterThan(pathway.version);

  // The administrator keeps the service running, and reads no patient.
  const forbidden = await administrator.get('/v1/patients');
  expect(forbidden).toMatchObject({ ok: false, status: 403, problem: { code: 'role-may-not' } });
  day.print();
}
