/** What the linter finds in texts for residents, and that it finds nothing in those that are shipped. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildDemoPlaces } from '../../../domain/demo/places.ts';
import { type LintCode, lintText, type OwnNames } from '../../../domain/messages/lint-text.ts';
import { findTextFlaw } from '../../../domain/messages/placeholders.ts';
import { placeholdersOf, type ResidentFacts, type ResidentText } from '../../../domain/messages/resident-text.ts';
import { languages, reviewTexts } from '../../../domain/messages/review-texts.ts';
import { residentTexts } from '../../../domain/messages/templates.ts';

const shipped = Object.entries(residentTexts);
const everywhere = shipped.flatMap(([template, text]) => languages.map((language) => ({ template, text, language })));
const { departments } = buildDemoPlaces();
const names: OwnNames = { departments: departments.flatMap(({ nameZh, nameEn }) => [nameZh, nameEn]), people: ['田秀英', '欧阳建国'] };

const facts: ResidentFacts = {
  centre: { name: { zh: '青石社康中心', en: 'Qingshi Community Health Centre' }, address: null, telephone: '010-05550112' },
  place: {
    name: { zh: '临澜市人民医院', en: 'Linlan People’s Hospital' },
    address: { zh: '人民路100号', en: '100 Renmin Road' },
    telephone: '010-05550001',
  },
  number: '1a2b3c4d',
  startsAt: Date.parse('2026-12-03T09:00:00+08:00'),
  dueAt: null,
  fasting: false,
};

const codesOf = (text: string, more: Partial<Parameters<typeof lintText>[0]> = {}): LintCode[] =>
  lintText({ text, language: 'zh', duties: [], facts, names, ...more });

describe('the texts that are shipped', () => {
  test('are there for residents', () => expect(shipped.length).toBeGreaterThanOrEqual(17));

  test.each(shipped)('%s has nothing wrong in any state or language', (_, text) => {
    expect(reviewTexts(text, text, names).findings).toEqual([]);
  });

  test.each(shipped)('%s can be filled in, and says who writes and whom to call', (_, text) => {
    for (const language of languages) {
      expect(findTextFlaw(text[language], placeholdersOf(text))).toBeUndefined();
      expect(text[language]).toContain(language === 'zh' ? '【{centre}】' : '[{centre}: ]Hello');
      // A code is the only number that stands in its text, so that nobody types another one.
      expect(text[language].includes('{contact}')).toBe(text.secret !== 'code');
    }
    expect(text.duties.includes('contact')).toBe(text.secret !== 'code');
  });

  test.each(shipped)('%s leaves no hole where something is not known', (_, text) => {
    for (const { text: filled } of reviewTexts(text, text).preview) {
      expect(filled).not.toMatch(/undefined|null|NaN|[{}[\]|]/);
      expect(filled).not.toMatch(/（）|【】|\(\)|，，|。。|，。|：。|^[，。,.]| [,.;:]|电话[，。）]|致电[，。另改]/);
      expect(filled.length).toBeGreaterThan(20);
    }
  });

  test.each(shipped)('%s blames nobody and is polite', (_, text) => {
    expect(text.zh).toMatch(/您好/);
    expect(text.zh).toMatch(/请/);
    expect(text.zh).not.toMatch(/未按|违约|失约|爽约|必须|否则|后果自负|不得|你/);
    expect(text.en).not.toMatch(/missed|failed|must|your fault/i);
  });

  test('say the sender, the date in words, the place with address and telephone, what to bring and whom to call', () => {
    const { preview } = reviewTexts(residentTexts['visit-scheduled'] as never, residentTexts['visit-scheduled'] as never);
    expect(preview[0]?.text).toBe(
      '【青石社康中心】您好，已为您约好就诊时间：2026年12月3日（星期四）上午9:00，地点：临澜市人民医院（临澜市人民路100号），电话010-05550001。请提前15分钟到服务台报到，带上身份证、社保卡、正在吃的药和近期的检查报告。如不能前来，请尽早致电010-05550112改约。编号1a2b3c4d',
    );
  });

  test('say where to go now and 120 in an emergency', () => {
    for (const { state, text } of reviewTexts(residentTexts['referral-emergency'] as never, residentTexts['referral-emergency'] as never)
      .preview) {
      expect(text).toMatch(/现在就去|go now/);
      expect(text).toContain('120');
      if (state !== 'nothing-known') expect(text).toMatch(/医院|Hospital/);
    }
  });

  test('ask for an empty stomach where that is needed, and only there', () => {
    const { preview } = reviewTexts(residentTexts['follow-up-open'] as never, residentTexts['follow-up-open'] as never);
    for (const { state, text } of preview) expect(/空腹|empty stomach/.test(text)).toBe(state === 'fasting' || state === 'long-names');
  });
});

describe('a text without what its reader needs', () => {
  const without = (name: string) => (text: string) =>
    text.replaceAll(new RegExp(`\\[[^\\]]*\\{${name}\\}[^\\]]*\\]|\\{${name}\\}`, 'g'), '');
  const cases = [
    { duty: 'place', take: ['place', 'address'], code: 'missing-place' },
    { duty: 'date', take: ['date'], code: 'missing-date' },
    { duty: 'contact', take: ['contact', 'telephone'], code: 'missing-contact' },
  ] as const;
  test.each(cases)('is found out: $code', ({ duty, take, code }) => {
    const owing = everywhere.filter(({ text }) => text.duties.includes(duty));
    expect(owing.length).toBeGreaterThan(3);
    for (const { text, language } of owing) {
      const cut = take.map(without).reduce((now, remove) => remove(now), text[language]);
      const { findings } = reviewTexts(text, { ...text, [language]: cut });
      expect(findings).toContainEqual({ code, language, state: 'everything-known' });
      expect(findings.every((finding) => finding.language === language)).toBe(true);
    }
  });

  test('is found out without the number of an emergency', () => {
    const text = residentTexts['referral-emergency'] as ResidentText;
    const { findings } = reviewTexts(text, { ...text, zh: text.zh.replace('120', '急救电话') });
    expect(findings).toContainEqual({ code: 'missing-contact', language: 'zh', state: 'everything-known' });
  });
});

describe('a text that gives somebody away', () => {
  const leaks: Record<Extract<LintCode, `names-${string}`>, string[]> = {
    'names-disease': [
      '您的高血压该复查了',
      '请来测血糖',
      '请带胰岛素',
      '您被诊断为慢性病',
      '慢病随访',
      '乙肝结果已出',
      'your diabetes check',
      'Hypertension follow-up',
      'bring your insulin',
      'HIV test',
    ],
    'names-department': [
      '请到心内科就诊',
      '内分泌门诊',
      '请到眼科',
      '神经内科三楼',
      '肿瘤科',
      '精神科',
      '请到心血管内科',
      'the cardiology desk',
      'Department of Something',
      'Nephrology, floor 3',
    ],
    'names-person': [
      '王医生在等您',
      '田秀英您好',
      '欧阳建国先生请来',
      '请找李主任',
      '陈建国女士',
      'Dr. Wang is waiting',
      'Mrs Tian, please come',
      'Nurse Li',
    ],
    'names-value': [
      '您上次192/112',
      '测得 16.7 mmol/L',
      '结果为13.9',
      '每天2片',
      '5 mg',
      '体重80公斤',
      'it was 148 / 92',
      'the reading was 7',
      'HbA1c 7.2%',
      '空腹 7．8',
    ],
  };
  for (const [code, texts] of Object.entries(leaks))
    test.each(texts)(`${code}: %s`, (leak) => {
      for (const language of languages) expect(codesOf(leak, { language })).toContain(code);
      expect(codesOf(`【青石社康中心】您好，${leak}。`)).toContain(code);
    });

  test('is found out in every state and each language, wherever the leak stands in a shipped text', () => {
    for (const { text, language } of everywhere) {
      for (const [code, [leak = '']] of Object.entries(leaks)) {
        const { findings } = reviewTexts(text, { ...text, [language]: `${text[language]} ${leak}。` }, names);
        const states = new Set(findings.filter((one) => one.code === code && one.language === language).map(({ state }) => state));
        expect(states.size).toBeGreaterThanOrEqual(5);
      }
    }
  });

  test('is found out when the name of a place does it', () => {
    const clinic = { ...facts, place: { name: { zh: '临澜市肿瘤医院', en: 'Linlan Cancer Hospital' }, address: null, telephone: null } };
    expect(codesOf('请到临澜市肿瘤医院', { facts: clinic })).toContain('names-disease');
  });

  test('in a disease of any protocol that is shipped, by its own title', () => {
    const folder = new URL('../../../protocols/', import.meta.url);
    for (const file of readdirSync(folder).filter((name) => /^(htn|t2dm)/.test(name))) {
      const { title } = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
      for (const language of languages)
        expect([title[language], codesOf(title[language], { language })]).toEqual([
          title[language],
          expect.arrayContaining(['names-disease']),
        ]);
    }
  });

  test('in the name of a department that this alliance has', () => {
    const own: OwnNames = { departments: ['胸部结节随访门'], people: [] };
    expect(codesOf('请到胸部结节随访门报到', { names: own })).toContain('names-department');
    for (const { nameZh } of departments.filter(
      ({ isClinical, code }) => isClinical && code !== 'general-practice' && code !== 'emergency',
    ))
      expect([nameZh, codesOf(`请到${nameZh}报到`)]).toEqual([nameZh, expect.arrayContaining(['names-department'])]);
  });
});

describe('a harmless text', () => {
  test.each([
    '请到全科门诊领取',
    '请到急诊科就诊',
    '请科学饮食，到科苑社康中心领取资料',
    '请致电010-05550112，24小时均可',
    '2026年12月3日（星期四）上午9:00',
    '请提前15分钟到达，带3张照片',
    '您的家庭医生会联系您，全科医生在岗',
    '紧急情况请拨打120',
    '1楼服务台，A2窗口',
    'Please come at 9:00 am on 3 December 2026, room 12',
    'call 120 at once; technology helps',
    'your family doctor will call you',
  ])('has nothing wrong: %s', (text) =>
    expect(
      codesOf(text, { facts: { ...facts, centre: { ...facts.centre, name: { zh: '科苑社康中心', en: 'Keyuan' } } as never } }),
    ).toEqual([]),
  );

  test('owes no more than what is known', () => {
    const unknown: ResidentFacts = { centre: null, place: null, number: null, startsAt: null, dueAt: null, fasting: false };
    expect(codesOf('您好，请联系您的家庭医生。', { duties: ['place', 'date', 'contact'], facts: unknown })).toEqual([]);
    expect(codesOf('您好，请联系您的家庭医生。', { duties: ['place', 'date', 'contact'] })).toEqual([
      'missing-place',
      'missing-date',
      'missing-contact',
    ]);
  });
});

test('a text in more parts than the alliance pays for is too long', () => {
  expect(codesOf('请'.repeat(268))).toEqual([]);
  expect(codesOf('请'.repeat(269))).toEqual(['too-long']);
  expect(codesOf('a'.repeat(536), { language: 'en' })).toEqual([]);
  expect(codesOf('a'.repeat(537), { language: 'en' })).toEqual(['too-long']);
});
