/** The worker of the plain design, with as many slots and pollers as carepath's. */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../../worker/bundle.ts';
import { openActs } from './act-table.ts';
import { plainTaskQueue } from './plain-queue.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const { insertAct } = openActs();
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: String(process.env.TEMPORAL_ADDRESS) }),
  taskQueue: plainTaskQueue,
  workflowBundle: await bundleWorkflows(new URL('./plain-workflow.ts', import.meta.url).pathname),
  activities: { insertAct },
  maxConcurrentWorkflowTaskExecutions: 20,
  maxConcurrentActivityTaskExecutions: 30,
  activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 5 },
  maxCachedWorkflows: 500,
});
await worker.run();
