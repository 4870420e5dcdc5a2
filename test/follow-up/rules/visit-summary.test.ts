/** A visit in words, for the doctor who gets the referral. */
import { expect, test } from 'vitest';
import { buildVisitSummary } from '../../../domain/follow-up/visit-summary.ts';

test('in the words of the record tables; what was not said is not there', () => {
  const form = {
    symptoms: ['severe-headache', 'nausea-vomiting'],
    bloodPressures: [
      { systolic: 184, diastolic: 102, unit: 'mmHg', atHome: false },
      { systolic: 24.5, diastolic: 13.6, unit: 'kPa', atHome: true },
    ],
    fastingGlucose: { value: 7.8, unit: 'mmol/L' },
    heartRate: null,
    smoking: { status: 'current', perDay: 20 },
    salt: { now: 3, target: 'light' },
    medications: [{ name: '氨氯地平', dose: '5 mg', timesPerDay: 1 }],
    newComplication: true,
    annualExam: false,
    adverseReactions: ['脚踝水肿'],
    education: [],
  };
  expect(buildVisitSummary(form)).toBe(
    '危急症状 剧烈头痛、恶心呕吐；收缩压 184 舒张压 102；收缩压 24.5 舒张压 13.6 血压单位 千帕 家庭自测；吸烟状况 吸烟；日吸烟量（支） 20；' +
      '摄盐情况 重；目标摄盐情况 轻；空腹血糖 7.8；药物不良反应 脚踝水肿；新发或加重的并发症；药物名称 氨氯地平 每次剂量 5 mg 每日次数 1',
  );
});

test('an empty form, or none, is no error', () => {
  expect([buildVisitSummary({}), buildVisitSummary(null), buildVisitSummary(undefined)]).toEqual(['', '', '']);
});
