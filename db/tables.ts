/** All tables as Kysely sees them; each subject declares its own. */
import type { AdministrationTables } from './administration/tables.ts';
import type { AuditChainTables } from './audit/tables.ts';
import type { CrisisReadingTables } from './crisis-reading/tables.ts';
import type { DirectoryTables } from './directory/tables.ts';
import type { DischargeTables } from './discharge/tables.ts';
import type { VisitTables } from './discharge/visits/tables.ts';
import type { DiscrepancyTables } from './discrepancy/tables.ts';
import type { ExchangeSlipTables } from './exchange-slip/tables.ts';
import type { FollowUpTables } from './follow-up/tables.ts';
import type { Hl7v2Tables } from './hl7v2/tables.ts';
import type { IdentityCheckTables } from './identity-check/tables.ts';
import type { KitTables } from './kit/tables.ts';
import type { MessagesTables } from './messages/tables.ts';
import type { ReadingsTables } from './readings/tables.ts';
import type { RecallTables } from './recall/tables.ts';
import type { ReferralTables } from './referral/tables.ts';
import type { SignInTables } from './sign-in/tables.ts';
import type { SterileSupplyTables } from './sterile-supply/tables.ts';
import type { SteriliserLoadTables } from './steriliser-load/tables.ts';
import type { SupplyRoundTables } from './supply-round/tables.ts';

export interface Tables
  extends KitTables,
    AuditChainTables,
    AdministrationTables,
    DirectoryTables,
    SignInTables,
    MessagesTables,
    ReadingsTables,
    CrisisReadingTables,
    Hl7v2Tables,
    ReferralTables,
    FollowUpTables,
    SterileSupplyTables,
    SteriliserLoadTables,
    ExchangeSlipTables,
    SupplyRoundTables,
    RecallTables,
    IdentityCheckTables,
    DischargeTables,
    VisitTables,
    DiscrepancyTables {}
