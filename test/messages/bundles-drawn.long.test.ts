/** Whatever comes on whatever day, fails, ends or dies meanwhile: every text ends once, and nobody gets more than one message a day of what could wait. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { bundleTemplate } from '../../domain/messages/bundle-text.ts';
import { templatesWithOthers } from '../../domain/messages/bundling.ts';
import { createSentReferral, decideAndCommit } from '../support/builders/decisions.ts';
import { at, messageGround, noon } from '../support/builders/message-ground.ts';

vi.setConfig({ testTimeout: 600_000 });

const ground = messageGround();
const { dispatchAt, newPatient, messagesTo } = ground;
const HOURS = ['07:00', '09:00', '12:00', '16:00', '22:00'];
const LAST_DAY = 6;

const step = fc.record({
  day: fc.integer({ min: 1, max: 4 }),
  hour: fc.integer({ min: 0, max: HOURS.length - 1 }),
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('follow-up-open', 'follow-up-education', 'no-show', 'referral-rerouted', 'referral-declined') },
    { weight: 2, arbitrary: fc.constant('gateway-down' as const) },
    { weight: 1, arbitrary: fc.constantFrom('died', 'wrong-number', 'ended') },
  ),
});

/** A text that is meant for as long as its referral goes on, as far as the referral knows its template. */
async function write(patientId: string, pathwayId: string, template: string, when: Date): Promise<void> {
  await ground.db
    .insertInto('message')
    .values({
      key: randomUUID(),
      pathway_id: pathwayId,
      template,
      parameters: '{}',
      recipient_type: 'patient',
      recipient_id: patientId,
      channel: 'sms',
      next_attempt_at: when,
    })
    .execute();
}

test('every text ends once: told in one message, by itself, or withdrawn', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const phone = `139${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
      const patientId = await newPatient({ phone });
      const pathwayId = await createSentReferral(ground.db, { patientId, at: at(1, '06:00') });
      let diedAt: Date | undefined;
      let wrongAt: Date | undefined;
      const texts: { when: Date; key: string }[] = [];
      for (let day = 1; day <= LAST_DAY; day++)
        for (const [hour, time] of HOURS.entries()) {
          const now = at(day, time);
          const due = steps.filter((one) => one.day === day && one.hour === hour).map(({ what }) => what);
          for (const what of due) {
            if (what === 'died') {
              diedAt ??= now;
              await ground.db.updateTable('patient').set({ deceased_at: now }).where('id', '=', patientId).execute();
            } else if (what === 'wrong-number') {
              wrongAt ??= now;
              await sql`update patient set wrong_phone_key = phone_key where id = ${patientId}`.execute(ground.db);
            } else if (what === 'ended') {
              await decideAndCommit(ground.db, {
                id: pathwayId,
                kind: 'fact',
                name: 'patient-died',
                input: { occurredAt: noon.getTime() },
                at: now,
              });
            } else if (what !== 'gateway-down') await write(patientId, pathwayId, what, now);
          }
          const before = ground.gateway.requests.length;
          if (due.includes('gateway-down'))
            await dispatchAt(now, [{ channel: 'sms', send: async () => ({ result: 'failed', detail: 'http-503' }) }]);
          else await dispatchAt(now);
          for (const { to, key } of ground.gateway.requests.slice(before)) if (to === phone) texts.push({ when: now, key });
        }
      const messages = await messagesTo(patientId);
      // Each has come to an end, or is carried by a person.
      for (const { status, bundle_id } of messages)
        expect(bundle_id === null ? ['sent', 'withdrawn', 'in-hand'] : ['sent', 'withdrawn', 'bundled']).toContain(status);
      // Each was told at most once, and a part never by itself.
      const keys = texts.map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
      for (const { bundle_id, key } of messages) if (bundle_id !== null) expect(keys).not.toContain(key);
      for (const { id, template, status } of messages)
        if (template === bundleTemplate && status === 'sent')
          expect(messages.some((part) => part.bundle_id === id && part.status === 'sent')).toBe(true);
      // One a day of what could wait.
      const days = messages
        .filter(({ template, status, bundle_id, sending, channel }) => {
          const waits = template === bundleTemplate || templatesWithOthers.includes(template);
          return status === 'sent' && bundle_id === null && channel === 'sms' && waits && sending === 'with-others';
        })
        .map(({ sent_at }) => new Date((sent_at as Date).getTime() + 8 * 3_600_000).toISOString().slice(0, 10));
      expect(new Set(days).size).toBe(days.length);
      // Nothing to the dead, and nothing to a wrong number.
      for (const { when } of texts) {
        if (diedAt) expect(when.getTime()).toBeLessThan(diedAt.getTime());
        if (wrongAt) expect(when.getTime()).toBeLessThan(wrongAt.getTime());
      }
    }),
    { numRuns: 25, seed: 20261130 },
  );
});
