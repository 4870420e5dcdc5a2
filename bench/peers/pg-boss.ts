/** The same five commands as jobs of pg-boss, polled as often as it may be and taken a hundred at a time; a delayed job is the deadline. */
import { PgBoss } from 'pg-boss';
import { commandNames, openActs } from './act-table.ts';
import { listen } from './listen.ts';

interface Job {
  id: string;
  name: string;
}

const { insertAct } = openActs();
const boss = new PgBoss({ connectionString: String(process.env.PEER_DATABASE_URL), max: 20 });
boss.on('error', (error) => console.error(error));
await boss.start();
await boss.createQueue('command');
await boss.createQueue('deadline');

const waiting = new Map<string, () => void>();
await boss.work<Job>('command', { batchSize: 100, pollingIntervalSeconds: 0.5 }, async (jobs) => {
  await Promise.all(jobs.map(({ data }) => insertAct(data.id, commandNames.indexOf(data.name) + 1, data.name)));
  for (const { data } of jobs) waiting.get(`${data.id} ${data.name}`)?.();
});

listen({
  async command(id, name) {
    const key = `${id} ${name}`;
    const done = new Promise<void>((resolve) => waiting.set(key, resolve));
    if (name === 'create') await boss.sendAfter('deadline', { id }, null, 7 * 86_400);
    await boss.send('command', { id, name });
    await done;
    waiting.delete(key);
  },
});
