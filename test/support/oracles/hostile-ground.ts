/** What the tests of hostile requests stand on: the whole service, one object of each kind, a token for everybody, and what the tables held before. */
import { startService } from '../service/service.ts';
import { accountHolders, makeObjects } from './access.ts';
import { contentsOf } from './contents.ts';
import { type Answer, contractOf, createCheckedRequests } from './contract.ts';

export type HostileGround = Awaited<ReturnType<typeof startHostileGround>>;

/** Starts the service. Whoever calls this stops it. Each answer to `send` and `get` is held against the published contract. */
export async function startHostileGround() {
  const service = await startService();
  const contract = await contractOf(service.app);
  const send = createCheckedRequests(service.app, contract);
  const objects = await makeObjects(service);
  const holders = await accountHolders(service);
  const tokens = new Map<string, string>();
  for (const holder of holders) tokens.set(holder.account, (await service.tokens.issue(holder)).token);
  const before = await contentsOf(service.db);

  const as = (account: string, headers: Record<string, string> = {}) => ({
    headers: { authorization: `Bearer ${tokens.get(account)}`, ...headers },
  });
  const get = (account: string, path: string, headers?: Record<string, string>): Promise<Answer> => send('GET', path, as(account, headers));
  return { service, contract, send, objects, holders, tokens, before, as, get };
}
