/** The door of the plain design. */
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { openActs } from './act-table.ts';
import { listen } from './listen.ts';
import { plainTaskQueue } from './plain-queue.ts';
import type { act, plain } from './plain-workflow.ts';

const client = new Client({ connection: await Connection.connect({ address: String(process.env.TEMPORAL_ADDRESS) }) });
const { pool } = openActs();
const updateName: typeof act.name = 'act';

listen({
  async command(id, name) {
    const sent = { args: [name] as [string] };
    if (name !== 'create') {
      await client.workflow.getHandle(`plain:${id}`).executeUpdate(updateName, sent);
      return;
    }
    await client.workflow.executeUpdateWithStart(updateName, {
      ...sent,
      startWorkflowOperation: new WithStartWorkflowOperation<typeof plain>('plain', {
        workflowId: `plain:${id}`,
        taskQueue: plainTaskQueue,
        args: [id],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    });
  },
  /** A read that leaves a trace, as carepath's does. */
  async read(id) {
    const { rows } = await pool.query({ name: 'read', text: 'select * from act where pathway_id = $1 order by step', values: [id] });
    await pool.query({ name: 'read-audit', text: 'insert into read_audit (pathway_id) values ($1)', values: [id] });
    return rows;
  },
});
