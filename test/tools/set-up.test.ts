import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { choosePort, isFree } from '../../tools/ports.ts';
import { root } from '../../tools/setup/paths.mjs';
import { extractFromTar } from '../../tools/setup/tar.mjs';
import { closingLines, sumLine } from '../../tools/setup/test-report.mjs';
import { isAtLeast } from '../../tools/setup/versions.mjs';

test.each([
  ['22.12.0', '22.12.0', true],
  ['22.11.9', '22.12.0', false],
  ['24.0.0', '22.12.0', true],
  ['20.20.2', '22.12.0', false],
  ['1.10.0', '1.9.1', true],
  ['unknown', '1.9.1', false],
])('version %s is at least %s: %s', (version, oldest, expected) => {
  expect(isAtLeast(version, oldest)).toBe(expected);
});

test('a port in use gives way to the next choice, then to a free one', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await isFree(port)).toBe(false);
  const other = await choosePort([port]);
  expect(other).not.toBe(port);
  expect(await choosePort([port, other])).toBe(other);
  await new Promise((resolve) => server.close(resolve));
  expect(await choosePort([port, other])).toBe(port);
});

/** One entry of a tar archive. */
function entry(name: string, content: string, size = content.length): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(size.toString(8).padStart(11, '0'), 124);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}

test('one file is taken out of an archive, and half a file is none', () => {
  const archive = Buffer.concat([entry('LICENSE', 'x'.repeat(600)), entry('temporal', 'the program'), Buffer.alloc(1024)]);
  expect(extractFromTar(archive, 'temporal').toString()).toBe('the program');
  expect(() => extractFromTar(archive, 'missing')).toThrow('holds no complete missing');
  expect(() => extractFromTar(entry('temporal', 'the pro', 5000), 'temporal')).toThrow('holds no complete temporal');
});

function reportWith(testResults: object[] | undefined): string {
  const file = join(mkdtempSync(join(tmpdir(), 'carepath-report-')), 'report.json');
  if (testResults) writeFileSync(file, JSON.stringify({ testResults }));
  return file;
}
const file = (status: string, ...tests: string[]) => ({
  name: `${root}/a.test.ts`,
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

test.each([
  ['all passed', [file('passed', 'passed', 'passed')], 0, '2 passed, 0 failed'],
  [
    'some failed, some skipped',
    [file('passed', 'passed'), file('failed', 'failed', 'pending', 'todo')],
    1,
    '1 passed, 1 failed, 2 skipped',
  ],
  ['a file that does not load', [file('passed', 'passed'), file('failed')], 1, '1 passed, 1 failed'],
  ['an error outside of every test', [file('passed', 'passed')], 1, '1 passed, 1 failed'],
  ['no report at all', undefined, 137, '0 passed, 1 failed'],
])('the closing line of a test run: %s', (_name, results, exitCode, line) => {
  expect(sumLine([{ report: reportWith(results), exitCode }])).toBe(line);
});

test('the closing line of several test runs counts them all, and a run that ended with nothing but an error', () => {
  const good = reportWith([file('passed', 'passed', 'passed')]);
  const bad = reportWith([file('failed', 'failed', 'passed', 'pending')]);
  const runs = [
    { report: good, exitCode: 0 },
    { report: bad, exitCode: 1 },
    { report: reportWith(undefined), exitCode: 137 },
  ];
  expect(sumLine(runs)).toBe('3 passed, 2 failed, 1 skipped');
  expect(sumLine(runs.slice(0, 1))).toBe('2 passed, 0 failed');
});

test('a log ends with every failed test, its file and why it failed, just above the line that counts', () => {
  const failedTest = {
    status: 'failed',
    fullName: ' a pathway is kept',
    failureMessages: ['\u001b[31mAssertionError: expected 1 to be 2\u001b[39m\n\n- 2\n+ 1\n    at somewhere'],
  };
  const runs = [
    {
      report: reportWith([
        { name: `${root}/test/kit/kept.test.ts`, status: 'failed', assertionResults: [{ status: 'passed' }, failedTest] },
        { name: `${root}/test/kit/broken.test.ts`, status: 'failed', message: 'Cannot find module', assertionResults: [] },
        { name: `${root}/test/kit/good.test.ts`, status: 'passed', assertionResults: [{ status: 'passed' }] },
      ]),
      exitCode: 1,
    },
    { report: `${root}/.carepath/nowhere.json`, exitCode: 137 },
  ];
  expect(closingLines(runs)).toEqual([
    'FAILED  test/kit/kept.test.ts > a pathway is kept',
    '        AssertionError: expected 1 to be 2',
    '        - 2',
    '        + 1',
    'FAILED  test/kit/broken.test.ts (the file itself)',
    '        Cannot find module',
    'FAILED  a run that ended with 137 and names no failed test in .carepath/nowhere.json: its log tells why',
    '2 passed, 3 failed',
  ]);
  expect(closingLines([{ report: reportWith([file('passed', 'passed')]), exitCode: 0 }])).toEqual(['1 passed, 0 failed']);
});
