/** What senders really write: older places, layout, other versions, answers with flaws. Read by the functions alone. */
import { describe, expect, test } from 'vitest';
import { inUtc } from '../../api/fhir/instants.ts';
import { readingIn } from '../../api/fhir/read-observation.ts';
import { ObservationSchema } from '../../api/fhir/schemas.ts';
import { envelopeOfHeader } from '../../interop/hl7v2/kit/envelope.ts';
import { Hl7Error } from '../../interop/hl7v2/kit/hl7-error.ts';
import { findSegment, parseMessage, textAt } from '../../interop/hl7v2/kit/message.ts';
import { readAcknowledgements } from '../../interop/hl7v2/kit/read-acknowledgement.ts';
import { writeSegment } from '../../interop/hl7v2/kit/write-message.ts';
import { readReferral } from '../../interop/hl7v2/referral/read-referral.ts';

const lines = (...segments: string[]) => `${segments.join('\r')}\r`;
const header = (event = 'OMG^O19^OMG_O19', encoding = '^~\\&', version = '2.5.1') =>
  `MSH|${encoding}|HIS|inst-h1|CAREPATH|inst-h2|20260301080000||${event}|M1|P|${version}`;
const pid = 'PID|1||T1^^^CAREPATH^PI||王^秀英';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error instanceof Hl7Error ? error.complaints.map(({ place, condition }) => [place, condition]) : error;
  }
  return undefined;
}

describe('a priority wherever the standard has let it stand', () => {
  const order = (orc7: string, obr5: string, obr27: string, ...more: string[]) =>
    readReferral(
      parseMessage(
        lines(header(), pid, `ORC|NW|R1|||||${orc7}`, ...more, `OBR|1|R1||57133-1^Referral note^LN|${obr5}${'|'.repeat(22)}${obr27}`),
      ),
    );
  const urgencyOf = (...order_: Parameters<typeof order>) => order(...order_).body.urgency;

  test('TQ1-9, ORC-7.6, OBR-27.6, OBR-5, in any repetition; nowhere is routine', () => {
    expect(urgencyOf('', '', '')).toBe('routine');
    for (const [code, urgency] of [
      ['S', 'urgent'],
      ['A', 'same-day'],
      ['R', 'routine'],
    ] as const) {
      expect(urgencyOf('', '', '', `TQ1|1||||||||${code}^^HL70078`), `TQ1-9 ${code}`).toBe(urgency);
      expect(urgencyOf(`1^^^20261201080000^^${code}`, '', ''), `ORC-7 ${code}`).toBe(urgency);
      expect(urgencyOf(`1^^^20261201~^^^^^${code}`, '', ''), `ORC-7 repeated ${code}`).toBe(urgency);
      expect(urgencyOf('', code, ''), `OBR-5 ${code}`).toBe(urgency);
      expect(urgencyOf('', '', `^^^^^${code}`), `OBR-27 ${code}`).toBe(urgency);
    }
  });

  test('what is no priority of ours stays as it is written, with its own place, for the API to refuse', () => {
    const read = order('^^^^^T', '', '');
    expect([read.body.urgency, read.places.urgency]).toEqual(['T', { segment: 'ORC', sequence: 1, field: 7, component: 6 }]);
  });

  test('a priority in words alone is refused at its place, not taken for routine', () => {
    const read = order('', '', '', 'TQ1|1||||||||^STAT');
    expect([read.body.urgency, read.places.urgency]).toEqual(['STAT', { segment: 'TQ1', sequence: 1, field: 9, component: 2 }]);
    expect(urgencyOf('', '', '', 'TQ1|1||||||||S^STAT')).toBe('urgent');
  });

  test('two places at odds are asked about; two that agree are one', () => {
    expect(thrownBy(() => order('^^^^^S', 'R', ''))).toEqual([[{ segment: 'OBR', sequence: 1, field: 5 }, '102']]);
    expect(urgencyOf('^^^^^S', 'S', '', 'TQ1|1||||||||S')).toBe('urgent');
  });
});

describe('a result that does not hold', () => {
  const outcome = (status: string, control = 'RE', orderStatus = 'CM') =>
    readReferral(
      parseMessage(
        lines(header(), pid, `ORC|${control}|R1|||${orderStatus}`, 'OBR|1|R1', `OBX|1|TX|11488-4^Consult note^LN||血压平稳||||||${status}`),
      ),
    );

  test.each(['D', 'I', 'N', 'O', 'P', 'R', 'S', 'W', 'X', 'f', '?'])('OBX-11 %s is refused at its place', (status) => {
    expect(thrownBy(() => outcome(status))).toEqual([[{ segment: 'OBX', sequence: 1, field: 11 }, '103']]);
  });
  test.each(['F', 'C', 'U', 'V', ''])('OBX-11 "%s" is taken', (status) => {
    expect(outcome(status).body.outcome).toBe('血压平稳');
  });
  test('a repeated status, and the status of the whole report in OBR-25, are read too', () => {
    expect(thrownBy(() => outcome('F~W'))).toEqual([[{ segment: 'OBX', sequence: 1, field: 11, repetition: 2 }, '103']]);
    const report = (status: string, orderStatus = 'CM') =>
      readReferral(
        parseMessage(
          lines(
            header(),
            pid,
            `ORC|RE|R1|||${orderStatus}`,
            `OBR|1|R1${'|'.repeat(23)}${status}`,
            'OBX|1|TX|11488-4^x^LN||血压平稳||||||F',
          ),
        ),
      );
    for (const status of ['X', 'I', 'O', 'S', 'P', 'Y', 'Z'])
      expect(
        thrownBy(() => report(status)),
        status,
      ).toEqual([[{ segment: 'OBR', sequence: 1, field: 25 }, '103']]);
    for (const status of ['', 'F', 'C']) expect(report(status).body.outcome).toBe('血压平稳');
    expect(report('P', 'A').body.note).toBe('血压平稳');
  });
  test('a note while the patient is still seen may be preliminary, and never of another patient', () => {
    expect(outcome('P', 'RE', 'A').body.note).toBe('血压平稳');
    expect(thrownBy(() => outcome('W', 'RE', 'A'))).toBeDefined();
  });
});

describe('texts with the layout of another system', () => {
  const read = (text: string, encoding = '^~\\&') => {
    const message = parseMessage(lines(header('OSU^O51', encoding), `NTE|1||${text}`));
    return textAt(message, findSegment(message, 'NTE'), 3);
  };
  test.each([
    ['第一段\\.sp\\第二段', '第一段\n第二段'],
    ['第一段\\.sp2\\第二段', '第一段\n\n第二段'],
    ['\\.in+4\\用药：\\.br\\\\.ti-2\\氨氯地平', '用药：\n氨氯地平'],
    ['\\.fi\\a\\.nf\\b\\.ce\\c\\.sk3\\d', 'ab\nc   d'],
    ['\\H\\重\\N\\要', '重要'],
    ['a\\F\\b\\S\\c\\R\\d\\T\\e\\E\\f', 'a|b^c~d&e\\f'],
    ['a\\X0D0A\\b\\X0a\\c', 'a\nb\nc'],
    ['\\X41\\\\XE8A180\\\\X0B\\', 'A血'],
    ['\\Zmine\\甲\\C2842\\乙\\M245A3F\\丙', '甲乙丙'],
    ['专科\\Q\\已满', '专科\\Q\\已满'],
    ['C:\\temp', 'C:\\temp'],
    ['专科\\T已满', '专科\\T已满'],
    ['\\.sp99999\\x', 'x'],
  ])('%s', (written, text) => {
    expect(read(written)).toBe(text);
  });
  test('from version 2.7 on a fifth encoding character is one', () => {
    expect(read('到此为止\\P\\', '^~\\&#')).toBe('到此为止#');
    expect(thrownBy(() => read('x', '^~\\&&'))).toBeDefined();
  });
});

test('no control character leaves as it is: MLLP keeps some for itself', () => {
  for (const code of [...Array(32).keys(), ...Array.from({ length: 33 }, (_, n) => 127 + n)]) {
    if (code === 9) continue;
    const written = writeSegment('NTE', { 3: `a${String.fromCharCode(code)}b` });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for exactly these
    expect(written, `U+${code.toString(16)}`).not.toMatch(/[\u0000-\u0008\n-\u001f\u007f-\u009f]/);
  }
  expect(writeSegment('NTE', { 3: '第一行\u000b第二行' })).toBe('NTE|||第一行\\.br\\第二行');
});

test('an answer is read for its acknowledgement only, whatever else is wrong with it', () => {
  const answers: [string, object][] = [
    ['MSH|^~\\&#|A|B|C|D|20260101||ACK|1|P|2.7\rMSA|AA|M1\r', { code: 'AA', controlId: 'M1' }],
    ['MSH|^~\\&|A\nMSA|AE|M1|text\nERR|||101^Required field missing^HL70357|E\n', { code: 'AE', condition: '101' }],
    ['\ufeffMSH|^~\\&|A\r\n\r\n msa|x\r\nMSA|CA|M1\r\n', { code: 'CA', controlId: 'M1' }],
    ['MSH#*~\\&#A\rMSA#AR#M1\rERR#PID*1*3*204&Unknown key', { code: 'AR', condition: '204' }],
    ['MSH|^~\\&|A|\u0001\rMSA|AA|M1', { code: 'AA', controlId: 'M1' }],
    ['msh|^~\\&|A\rmsa|aa|M1', { code: 'AA', controlId: 'M1' }],
    ['MSH|^~\\&|A\rMSA|AA^Application Accept^HL70008|M1^1|Message accepted', { code: 'AA', controlId: 'M1' }],
    ['MSH|^~\\&|A\rMSA|AA|M1\u0000\u0000', { code: 'AA', controlId: 'M1' }],
    ['FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|A\rSFT|x\rUAC|y\rMSA|AA|M1\rBTS|1\rFTS|1', { code: 'AA', controlId: 'M1' }],
    ['MSA|AA|M1', { code: 'AA', controlId: 'M1' }],
  ];
  for (const [text, read] of answers) expect(readAcknowledgements(text)).toMatchObject([read]);
  for (const garbage of ['', 'HTTP/1.1 200 OK', 'MSH|^~\\&|A', '{"ok":true}']) expect(() => readAcknowledgements(garbage)).toThrow();
});

test('the header alone names the message, in whatever character set the rest is', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  expect(envelopeOfHeader(bytes(`${header('OMG^O19')}|||||\xd6\xd0|GBK\rPID|1`))).toMatchObject({
    controlId: 'M1',
    sendingFacility: 'inst-h1',
    event: 'O19',
  });
  expect(envelopeOfHeader(bytes('MSH|^~\\&|\xd6\xd0|inst-h1|||||OMG^O19|M\x012|P'))).toMatchObject({
    controlId: '',
    sendingApplication: '',
  });
  for (const nothing of ['', 'MSH', 'PID|1', '\x0bMSH|^~\\&']) expect(envelopeOfHeader(bytes(nothing)).controlId).toBe('');
});

test('a date of FHIR that does not exist is left for the schema to refuse, in any month and zone', () => {
  for (const none of ['2026-02-29', '2026-02-30', '2026-04-31', '2026-06-31', '2026-13-01', '2026-00-10', '2026-01-00', '2023-02-29'])
    for (const zone of ['Z', '+08:00', '-05:00']) expect(inUtc(`${none}T08:00:00${zone}`)).toBe(`${none}T08:00:00${zone}`);
  expect([inUtc('2024-02-29T08:00:00+08:00'), inUtc('2026-02-28T23:30:00-05:00'), inUtc('2026-03-01'), inUtc(undefined)]).toEqual([
    '2024-02-29T00:00:00.000Z',
    '2026-03-01T04:30:00.000Z',
    '2026-03-01',
    undefined,
  ]);
});

test('identifiers of an Observation have no order: the whole one names the message', async () => {
  const observation = (identifier: object[]) =>
    ObservationSchema.parse({
      resourceType: 'Observation',
      status: 'final',
      identifier,
      code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
      subject: { reference: 'Patient/patient-0001' },
      effectiveDateTime: '2026-03-01T08:00:00+08:00',
      valueQuantity: { value: 72, code: '/min' },
    });
  const whole = { system: 'urn:oid:1.2.3', value: 'm1' };
  for (const identifier of [[whole], [{ value: 'x' }, whole], [{ system: 'urn:other' }, { value: 'x' }, whole]])
    expect(await readingIn(observation(identifier), 'Observation')).toMatchObject({ source: 'urn:oid:1.2.3', messageId: 'm1' });
});
