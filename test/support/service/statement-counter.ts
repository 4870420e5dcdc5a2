/** Counts the statements of one database, where a test asks for no more than that. */
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs, RootOperationNode } from 'kysely';

/** Kysely asks its plugins before each statement. */
export class StatementCounter implements KyselyPlugin {
  statements = 0;
  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    this.statements++;
    return node;
  }
  async transformResult({ result }: PluginTransformResultArgs) {
    return result;
  }
}
