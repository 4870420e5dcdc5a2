/** What an order that nobody has given a title is called by, for patients and staff alike. */
import type { OrderKind } from './rules.ts';

export const orderKindWords: Readonly<Record<OrderKind, string>> = {
  medicine: '用药',
  revisit: '复诊',
  retest: '复查',
  'pending-result': '等检查结果，出来后会告诉您',
  wound: '换药、看伤口',
  rehabilitation: '康复锻炼',
  education: '学会出院后怎样照顾自己',
  device: '用好家里的器械',
  vaccination: '打疫苗',
  other: '其他安排',
};
