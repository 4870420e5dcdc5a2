/** A Consent of FHIR is read by what it says: its status alone is no consent. */
import { describe, expect, test } from 'vitest';
import { readConsent } from '../../api/fhir/read-consent.ts';
import { Problem } from '../../api/kit/problem.ts';

type Json = Record<string, unknown>;

const CONSENT = 'ServiceRequest.contained.ofType(Consent)';
const logical = (type: string, system: string, value: string) => ({ type, identifier: { system: `urn:carepath:${system}`, value } });
const actCode = (code: string) => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code }] });
const scope = (code: string) => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code }] });
const actor = (institution: string) => ({ role: actCode('PRCP'), reference: logical('Organization', 'institution', institution) });

const consentOf = (over: Json = {}): Json => ({
  resourceType: 'Consent',
  status: 'active',
  scope: scope('patient-privacy'),
  category: [{ text: 'referral' }],
  patient: logical('Patient', 'patient', 'patient-1'),
  dateTime: '2026-01-01T08:00:00+08:00',
  policyRule: { text: 'consent' },
  ...over,
});

const read = (resource: Json) =>
  readConsent(resource, {
    isSubject: async ({ identifier }) => identifier?.value === 'patient-1',
    institutionId: 'inst-h1',
    now: Date.parse('2026-11-30T00:00:00Z'),
  });

async function elementsRefused(resource: Json): Promise<string[]> {
  try {
    await read(resource);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return (error.details.errors ?? []).map(({ path }) => path);
  }
}

describe('what permits is a consent', () => {
  const permitting: [what: string, consent: Json][] = [
    ['in few words', {}],
    ['without a scope', { scope: undefined }],
    ['to treatment', { scope: scope('treatment') }],
    ['that opts in', { policyRule: actCode('OPTIN') }],
    ['for the institution asked and another one', { provision: { type: 'permit', actor: [actor('inst-h2'), actor('inst-h1')] } }],
    ['for treatment', { provision: { purpose: [{ code: 'TREAT' }], action: [{ coding: [{ code: 'disclose' }] }] } }],
    ['that ends today', { provision: { period: { start: '2026-01-01', end: '2026-11-30' } } }],
    ['in words', { policyRule: { text: '同意转诊 / consent to the referral' }, category: [{ text: '转诊知情同意' }] }],
    ['that was verified', { verification: [{ verified: true }] }],
  ];
  test.each(permitting)('%s', async (_, consent) => {
    expect(await read(consentOf(consent))).toEqual({ given: true, recordedAt: '2026-01-01T00:00:00.000Z' });
  });
});

test.each(['rejected', 'inactive', 'proposed', 'draft', 'entered-in-error'])('a consent that is %s was not given', async (status) => {
  expect(await read(consentOf({ status }))).toMatchObject({ given: false });
});

describe('what is in force and says something else is refused at its element', () => {
  const others: [what: string, consent: Json, element: string][] = [
    ['that opts out', { policyRule: actCode('OPTOUT') }, 'policyRule'],
    ['that opts out with exceptions', { policyRule: actCode('OPTOUTE') }, 'policyRule'],
    ['that opts in with restrictions', { policyRule: actCode('OPTINR') }, 'policyRule'],
    ['by a policy that nobody here knows', { policy: [{ uri: 'urn:policy' }] }, 'policy'],
    ['to research', { scope: scope('research') }, 'scope'],
    ['that is an advance directive', { scope: scope('adr') }, 'scope'],
    ['that opts out in words', { policyRule: { text: 'Opt-out' } }, 'policyRule'],
    ['that opts in by its code and refuses in words', { policyRule: { ...actCode('OPTIN'), text: '患者拒绝转诊' } }, 'policyRule'],
    ['to research, in words', { scope: { text: '科研' } }, 'scope'],
    ['to research, by its category', { category: [{ coding: [{ code: 'research' }] }] }, 'category'],
    ['that is an order not to resuscitate', { category: [{ text: 'referral' }, { coding: [{ code: 'dnr' }] }] }, 'category'],
    ['to have data corrected', { provision: { action: [{ coding: [{ code: 'correct' }] }] } }, 'provision.action'],
    ['that withholds', { provision: { type: 'deny' } }, 'provision.type'],
    [
      'that withholds from the institution asked',
      { provision: { type: 'permit', provision: [{ type: 'deny', actor: [actor('inst-h1')] }] } },
      'provision.provision[0].type',
    ],
    [
      'that withholds deep inside',
      { provision: { provision: [{ provision: [{ type: 'permit' }, { type: 'deny' }] }] } },
      'provision.provision[0].provision[1].type',
    ],
    ['for another institution', { provision: { type: 'permit', actor: [actor('inst-h2')] } }, 'provision.actor'],
    ['for marketing', { provision: { purpose: [{ code: 'HMARKT' }] } }, 'provision.purpose'],
    ['to nothing that a referral does', { provision: { action: [actCode('x')] } }, 'provision.action'],
    ['to some data', { provision: { data: [{ meaning: 'instance' }] } }, 'provision.data'],
    ['to what is not sensitive', { provision: { securityLabel: [{ code: 'N' }] } }, 'provision.securityLabel'],
    ['to data of a time', { provision: { dataPeriod: { start: '2020-01-01' } } }, 'provision.dataPeriod'],
    ['that is over', { provision: { period: { end: '2026-11-29' } } }, 'provision.period'],
    ['that is not yet in force', { provision: { period: { start: '2027-01-01' } } }, 'provision.period'],
    ['whose time nobody can read', { provision: { period: { start: 'soon' } } }, 'provision.period'],
    ['whose last day does not exist', { provision: { period: { end: '2099-02-30' } } }, 'provision.period'],
    ['whose first instant does not exist', { provision: { period: { start: '2026-02-30T00:00:00Z' } } }, 'provision.period'],
    ['whose last instant has an hour too many', { provision: { period: { end: '2099-03-01T24:00:00Z' } } }, 'provision.period'],
    ['that was over with a month', { provision: { period: { end: '2026-10' } } }, 'provision.period'],
    ['that was not verified', { verification: [{ verified: false }] }, 'verification'],
    ['of somebody else', { patient: logical('Patient', 'patient', 'patient-2') }, 'patient'],
    ['of nobody', { patient: { reference: '#somebody' } }, 'patient'],
  ];
  test.each(others)('%s', async (_, consent, element) => {
    expect(await elementsRefused(consentOf(consent))).toEqual([`${CONSENT}.${element}`]);
  });
});
