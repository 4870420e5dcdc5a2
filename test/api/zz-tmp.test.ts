import { test } from 'vitest';
import { startService } from '../support/service.ts';
import { newReferral } from '../support/referrals.ts';
test('flaky', async () => {
  const s = await startService({ });
  for (let i = 0; i < 60; i++) {
  const r = await s.post('gp', '/v1/referrals', await newReferral(s, {toInstitutionId:'inst-h1'}));
  const id = r.body.id;
  await s.fastForward(id, 'PT15H');
  const t = Date.now();
  const a = await s.post('desk', `/v1/referrals/${id}/send-acceptance`, {});
  if (a.status !== 200) console.log(i, a.status, JSON.stringify(a.body), Date.now() - t);
  if (a.status === 202) { await new Promise(r=>setTimeout(r, 3000)); const c = await s.get('desk', `/v1/commands/${a.body.id}`); console.log(JSON.stringify(c.body).slice(0,200)); 
    const h: any = await s.client.workflow.getHandle('referral/'+id).fetchHistory();
    for (const e of h.events) console.log(String(e.eventId), new Date(Number(e.eventTime.seconds)*1000+e.eventTime.nanos/1e6).toISOString(), Object.keys(e).find(k=>k.endsWith('Attributes')));
  }
  }
  await s.stop();
}, 300000);
