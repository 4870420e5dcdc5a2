/** What the texts of messages say, and what never gets into them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMessageTemplate, type MessageParameters, type MessageTemplate, renderMessage } from '../../../domain/messages/templates.ts';

describe('a text for staff whose time has passed', () => {
  const text = (template: MessageTemplate, parameters: MessageParameters, now: number) =>
    renderMessage({
      template,
      kind: null,
      audience: 'person',
      language: 'zh',
      parameters: { referralId: '12345678', ...parameters },
      around: { centre: null, place: null, now },
    }).body;

  test('says so, and hurries once', () => {
    const dueAt = Date.parse('2026-12-03T09:00:00+08:00');
    expect(text('referral-received', { dueAt }, dueAt - 1)).toBe(
      '转诊 12345678：收到新的转诊。请在 2026年12月3日 09:00 前登录系统答复（接收或拒绝）。',
    );
    expect(text('referral-received', { dueAt }, dueAt)).toBe(
      '转诊 12345678：收到新的转诊，时限 2026年12月3日 09:00 已过。请尽快登录系统答复（接收或拒绝）。',
    );
    expect(text('follow-up-overdue', { dueAt }, dueAt)).toBe('随访 12345678：随访已逾期，时限 2026年12月3日 09:00 已过。请尽快联系居民。');
    expect(text('visit-scheduled', { startsAt: dueAt }, dueAt)).toBe(
      '转诊 12345678：已预约就诊，就诊时间 2026年12月3日 09:00（已过）。请通知患者。',
    );
  });
});

describe('texts', () => {
  const templates: MessageTemplate[] = [
    'referral-received',
    'referral-accepted',
    'referral-declined',
    'referral-withdrawn',
    'referral-cancelled',
    'referral-rerouted',
    'referred-onward',
    'referral-expired',
    'referral-reopened',
    'information-requested',
    'information-answered',
    'visit-scheduled',
    'visit-rescheduled',
    'no-show',
    'appointment-cancelled',
    'interim-note',
    'outcome-sent',
    'cancellation-requested',
    'cancellation-confirmed',
    'call-repeat',
    'check-due',
    'consent-missing',
    'rung-0',
    'rung-50',
    'rung-80',
    'rung-100',
  ];
  const anyText = { template: fc.constantFrom(...templates), audience: fc.constantFrom('person' as const, 'patient' as const) };

  test('nothing but the short number and instants gets from the parameters into a text', () => {
    const bare = (text: string): string =>
      text
        .replace('1a2b3c4d', '')
        .replace(/\d{4}[年-]\d{1,2}[月-]\d{1,2}日? \d\d:\d\d/g, 'T')
        .replace(/1970年1月1日（星期四）(上午8:00)?|Thursday, 1 January 1970(, 8:00 am)?/g, 'T');
    fc.assert(
      fc.property(fc.record(anyText), fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (message, more) => {
        const own = { referralId: 'a-long-id-1a2b3c4d', startsAt: 0, dueAt: 0 };
        for (const language of ['zh', 'en'] as const) {
          const text = renderMessage({ ...message, kind: 'referral', language, parameters: { ...more, ...own, clock: null } });
          const plain = renderMessage({ ...message, kind: 'referral', language, parameters: own });
          expect(text).toEqual(plain);
          expect(text.body).toContain('1a2b3c4d');
          expect(text.body).not.toContain('a-long-id');
          expect(bare(text.body)).not.toMatch(/1970|undefined|null|NaN/);
        }
      }),
    );
  });

  test('whatever the parameters hold, there is a text', () => {
    fc.assert(
      fc.property(
        fc.record(anyText),
        fc.record({ referralId: fc.anything(), startsAt: fc.anything(), dueAt: fc.anything(), clock: fc.anything() }),
        (message, odd) => {
          const parameters = JSON.parse(JSON.stringify(odd)); // as it comes out of the database
          const { body } = renderMessage({ ...message, kind: 'referral', language: 'zh', parameters });
          expect(body).toMatch(message.audience === 'patient' ? /^您好，/ : /^转诊/);
        },
      ),
    );
  });

  test('a rung says what is late, for any percentage an alliance chooses', () => {
    const rungOf = (template: MessageTemplate) =>
      ({
        template,
        kind: 'referral',
        audience: 'person',
        language: 'zh',
        parameters: { referralId: '12345678', dueAt: 0, clock: 'review' },
      }) as const;
    const rung = (template: MessageTemplate) => renderMessage(rungOf(template)).body;
    expect(rung('rung-60')).toBe('转诊 12345678：处理时限已用 60%。请在 1970年1月1日 08:00 前查看并确认结果。');
    expect(rung('rung-100')).toBe('转诊 12345678：已到时限仍未处理，时限为 1970年1月1日 08:00。请尽快查看并确认结果。');
    const late = { ...rungOf('rung-60'), around: { centre: null, place: null, now: 1 } } as const;
    expect(renderMessage(late).body).toBe('转诊 12345678：处理时限已用 60%，时限 1970年1月1日 08:00 已过。请尽快查看并确认结果。');
    expect(renderMessage({ ...late, language: 'en' }).body).toBe(
      'Referral 12345678: 60% of the time is used; it was due 1970-01-01 08:00 (Beijing time). Please review the result as soon as possible.',
    );
    expect(isMessageTemplate('rung-60')).toBe(true);
    for (const template of ['rung-', 'rung-x', 'toString', '']) expect(isMessageTemplate(template)).toBe(false);
  });
});
