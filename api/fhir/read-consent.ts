/**
 * A Consent of another system as the consent to a referral. Its `status` only says that the record is in force: to what the patient agreed, or that the
 * patient refused, stands in scope, policy rule and provisions. What could turn its meaning round is understood here or refused.
 */
import { z } from '@hono/zod-openapi';
import { parseBody } from '../kit/edge.ts';
import { invalidRequestProblem, type Problem } from '../kit/problem.ts';
import { systems } from './codes.ts';
import { endOfPeriod, inUtc } from './instants.ts';
import { type Concept, ConceptSchema, noModifiers, type Reference, ReferenceSchema } from './schemas.ts';

const PeriodSchema = z.looseObject({ start: z.string().optional(), end: z.string().optional() });

interface Provision {
  type?: string | undefined;
  period?: z.output<typeof PeriodSchema> | undefined;
  actor?: { role?: Concept | undefined; reference?: Reference | undefined }[] | undefined;
  action?: Concept[] | undefined;
  purpose?: { code?: string | undefined }[] | undefined;
  provision?: Provision[] | undefined;
  [element: string]: unknown;
}

const ProvisionSchema: z.ZodType<Provision> = z.looseObject({
  type: z.string().optional(),
  period: PeriodSchema.optional(),
  actor: z.array(z.looseObject({ role: ConceptSchema.optional(), reference: ReferenceSchema.optional() })).optional(),
  action: z.array(ConceptSchema).optional(),
  purpose: z.array(z.looseObject({ code: z.string().optional() })).optional(),
  get provision() {
    return z.array(ProvisionSchema).optional();
  },
});

const ConsentSchema = z.looseObject({
  ...noModifiers,
  status: z.string(),
  scope: ConceptSchema.optional(),
  category: z.array(ConceptSchema).optional(),
  patient: ReferenceSchema.optional(),
  dateTime: z.string().optional(),
  policyRule: ConceptSchema.optional(),
  policy: z.array(z.unknown()).optional(),
  verification: z.array(z.looseObject({ verified: z.boolean().optional() })).optional(),
  provision: ProvisionSchema.optional(),
});

/** Whom the referral is about and where it goes, as the request names them. */
export interface Asked {
  isSubject(reference: Reference): Promise<boolean>;
  institutionId: string | undefined;
  /** The present instant in milliseconds. */
  now: number;
}

const ELEMENT = 'ServiceRequest.contained.ofType(Consent)';

const notConsent = (element: string, zh: string, en: string): Problem => invalidRequestProblem(`${ELEMENT}${element}`, { zh, en });

/** Throws Problem 422 with the element that is not understood, or that says something else than yes to this referral. */
export async function readConsent(resource: unknown, asked: Asked): Promise<{ given: boolean; recordedAt: string | undefined }> {
  const consent = parseBody(ConsentSchema, resource);
  if (consent.patient && !(await asked.isSubject(consent.patient)))
    throw notConsent('.patient', '不是本次转诊患者的同意书', 'is the consent of somebody else');
  const { status, dateTime } = consent;
  if (status === 'active') refuseOtherMeanings(consent, asked);
  return { given: status === 'active', recordedAt: inUtc(dateTime) };
}

/** Consent to be treated and to have one's data told for it, as consentscope of HL7 Terminology has them. */
const understoodScopes = ['patient-privacy', 'treatment'];
/** v3-ActCode. Every other rule there restricts, withholds or is about something else. */
const understoodRules = ['OPTIN'];
/** v3-ActReason. */
const understoodPurposes = ['TREAT', 'CAREMGT', 'HPAYMT', 'TREATDS'];
const understoodActions = ['disclose', 'access', 'use'];
/** consentcategorycodes of HL7 Terminology that are about something else than being referred. */
const otherCategories = ['acd', 'dnr', 'emrgonly', 'hcd', 'polst', 'research', 'rsdid', 'rsreid'];

/** Words alone cannot be understood; these are those by which people withhold, and by which they agree to something else. */
const withholdingWords =
  /opt[\s-]*out|den(y|ied|ies)|refus|withh|withdr|declin|revok|dissent|object|restrict|exclu|\bno\b|\bnot\b|拒|不同意|不愿|不允许|不得|不可|不接受|未同意|撤回|撤销|反对|限制/i;
const otherWords = /research|study|trial|advance.?directive|resuscitat|marketing|科研|研究|试验|预立|预嘱|抢救|营销/i;

const codesOf = (concept: Concept | undefined): string[] => (concept?.coding ?? []).map(({ code }) => code ?? '');

/** What stands beside codes, or instead of them. */
const wordsOf = ({ text, coding = [] }: Concept): string => [text, ...coding.map(({ display }) => display)].filter(Boolean).join(' ');

function refuseWords(concepts: readonly (Concept | undefined)[], element: string, isOther: RegExp): void {
  for (const concept of concepts) {
    const words = concept ? wordsOf(concept) : '';
    if (withholdingWords.test(words)) throw notConsent(element, '文字表示不同意', 'says in words that it withholds the consent');
    if (isOther.test(words)) throw notConsent(element, '是另一种同意', 'says in words that it is about something else');
  }
}

function refuseOtherMeanings(
  { scope, category = [], policyRule, policy, verification, provision }: z.output<typeof ConsentSchema>,
  asked: Asked,
): void {
  const unknown = (codes: readonly string[], understood: readonly string[]) => codes.some((code) => !understood.includes(code));
  if (unknown(codesOf(scope), understoodScopes))
    throw notConsent('.scope', '不是诊疗或隐私同意', 'is no consent to treatment or disclosure');
  if (unknown(codesOf(policyRule), understoodRules))
    throw notConsent('.policyRule', '无法理解，或表示不同意', 'is not understood, or withholds the consent');
  if (category.some((concept) => codesOf(concept).some((code) => otherCategories.includes(code.toLowerCase()))))
    throw notConsent('.category', '不是诊疗或隐私同意', 'is no consent to treatment or disclosure');
  refuseWords([scope], '.scope', otherWords);
  refuseWords(category, '.category', otherWords);
  refuseWords([policyRule], '.policyRule', otherWords);
  if (policy && policy.length > 0) throw notConsent('.policy', '无法理解', 'is not understood');
  if (verification?.some(({ verified }) => verified === false))
    throw notConsent('.verification', '未经核实', 'says that it was not verified');
  if (provision) refuseProvision(provision, '.provision', asked);
}

/** Those that only describe the provision, or are read below. Every other element narrows what is permitted. */
const understoodElements = ['id', 'extension', 'type', 'period', 'actor', 'action', 'purpose', 'provision'];

function refuseProvision(provision: Provision, at: string, asked: Asked): void {
  const { type, period, actor, action, purpose, provision: nested } = provision;
  if (type !== undefined && type !== 'permit') throw notConsent(`${at}.type`, '含有拒绝', 'withholds something');
  const narrowing = Object.keys(provision).find((element) => !understoodElements.includes(element));
  if (narrowing !== undefined)
    throw notConsent(`${at}.${narrowing}`, '限制了同意的范围，无法理解', 'narrows the consent in a way that is not understood');
  if (period) refusePeriod(period, `${at}.period`, asked.now);
  if (actor && actor.length > 0 && !actor.some(({ reference }) => isInstitution(reference, asked.institutionId)))
    throw notConsent(`${at}.actor`, '未包含接诊机构', 'does not name the institution that is asked');
  if (action?.length && !action.some((concept) => codesOf(concept).some((code) => understoodActions.includes(code))))
    throw notConsent(`${at}.action`, '不包含提供资料', 'permits something else');
  if (purpose?.length && !purpose.some(({ code }) => code !== undefined && understoodPurposes.includes(code)))
    throw notConsent(`${at}.purpose`, '不是诊疗目的', 'is for another purpose than treatment');
  for (const [index, inner] of (nested ?? []).entries()) refuseProvision(inner, `${at}.provision[${index}]`, asked);
}

function refusePeriod({ start, end }: z.output<typeof PeriodSchema>, at: string, now: number): void {
  const begins = start === undefined ? Number.NEGATIVE_INFINITY : endOfPeriod(start, 'start');
  const ends = end === undefined ? Number.POSITIVE_INFINITY : endOfPeriod(end, 'end');
  if (!(begins <= now && now <= ends)) throw notConsent(at, '不在有效期内', 'is not in force now');
}

const isInstitution = (reference: Reference | undefined, institutionId: string | undefined): boolean =>
  institutionId !== undefined &&
  ((reference?.identifier?.system === systems.institution && reference.identifier.value === institutionId) ||
    reference?.reference === `Organization/${institutionId}`);
