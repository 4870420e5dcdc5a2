import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tryLock, withLock } from '../../tools/setup/lock.mjs';
import { processIdentity } from '../../tools/setup/process-identity.mjs';

const newLockFile = () => join(mkdtempSync(join(tmpdir(), 'carepath-lock-')), 'a.lock');

test('a lock has one holder at a time and names it with its note', () => {
  const file = newLockFile();
  const first = tryLock(file);
  if (!first.held) throw new Error('a free lock was refused');
  first.note('http://127.0.0.1:8080');
  expect(tryLock(file)).toEqual({ held: false, holder: expect.objectContaining({ pid: process.pid, note: 'http://127.0.0.1:8080' }) });
  first.release();
  expect(tryLock(file).held).toBe(true);
});

test.each([
  ['a process that has ended', JSON.stringify({ pid: 999_999_999, identity: 'gone' })],
  ['a process whose pid another one has got since', JSON.stringify({ pid: process.pid, identity: 'an earlier process' })],
  ['nobody that can be read', '{"pid": 12'],
])('the lock of %s is taken over', (_whose, content) => {
  const file = newLockFile();
  writeFileSync(file, content);
  expect(tryLock(file).held).toBe(true);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ pid: process.pid, identity: processIdentity(process.pid) });
});

test('who waits for a lock works after its holder, also when the holder fails', async () => {
  const file = newLockFile();
  const order: string[] = [];
  const first = withLock(file, 'waiting', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push('first');
    throw new Error('first failed');
  });
  const second = withLock(file, 'waiting', async () => {
    order.push('second');
  });
  await expect(first).rejects.toThrow('first failed');
  await second;
  expect(order).toEqual(['first', 'second']);
});
