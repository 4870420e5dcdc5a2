/** The same five commands with DBOS: awaited one by one by a workflow that waits for messages, and all in one go. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { commandNames, openActs } from './act-table.ts';
import { listen } from './listen.ts';

const { insertAct } = openActs();
const WEEK_SECONDS = 7 * 86_400;

const awaiting = DBOS.registerWorkflow(
  async (id: string) => {
    for (let step = 1; step <= commandNames.length; step += 1) {
      const name = await DBOS.recv<string>('command', WEEK_SECONDS);
      if (name === null) return;
      await DBOS.runStep(() => insertAct(id, step, name), { name: 'insertAct' });
      await DBOS.setEvent(`done-${name}`, step);
    }
  },
  { name: 'awaiting' },
);

const inOneGo = DBOS.registerWorkflow(
  async (id: string) => {
    for (const [index, name] of commandNames.entries()) await DBOS.runStep(() => insertAct(id, index + 1, name), { name: 'insertAct' });
  },
  { name: 'inOneGo' },
);

DBOS.setConfig({
  name: 'peer',
  systemDatabaseUrl: String(process.env.PEER_SYSTEM_DATABASE_URL),
  systemDatabasePoolSize: 20,
  logLevel: 'error',
});
await DBOS.launch();

listen({
  async command(id, name) {
    if (name === 'create') await DBOS.startWorkflow(awaiting, { workflowID: id })(id);
    await DBOS.send(id, name, 'command');
    if ((await DBOS.getEvent(id, `done-${name}`, 30)) === null) throw new Error(`${name} was not done within 30 s`);
  },
  async all(id) {
    await (await DBOS.startWorkflow(inOneGo, { workflowID: id })(id)).getResult();
  },
});
