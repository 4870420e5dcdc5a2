/** What happens in the simulated quarter, act by act. Each act has one operation of the API, so that the same days can be lived on the service. */

import type { SpecialPathogen, StopStep } from '../sterile-supply/vocabulary.ts';
import type { FailReason } from '../supply-round/protocol.ts';
import type { LocalDate } from '../time/local-date.ts';

interface ActBase {
  at: number;
}

export type SupplyAct = ActBase &
  (
    | { act: 'wash'; setIds: string[]; pretreatment: string | null }
    | { act: 'inspect'; items: { setId: string; result: 'pass' | 'incomplete' | 'damaged' }[] }
    | { act: 'mend'; setId: string; how: 'complete' | 'repaired' }
    | { act: 'assemble'; setId: string; packId: string }
    | { act: 'check'; packId: string }
    | { act: 'bowie-dick'; steriliserId: string; result: 'pass' | 'fail' }
    | { act: 'plan-load'; loadId: string; steriliserId: string; packIds: string[]; indicatorIds: string[]; requalification: boolean }
    | { act: 'label-load'; loadId: string }
    | { act: 'start-load'; loadId: string }
    | { act: 'end-load'; loadId: string }
    | { act: 'abort-load'; loadId: string }
    | { act: 'unload'; loadId: string; wetPackIds: string[] }
    | { act: 'review-load'; loadId: string }
    | { act: 'release'; loadId: string }
    | { act: 'incubate'; indicatorId: string }
    | { act: 'read-indicator'; indicatorId: string; growth: boolean; controlGrew: boolean }
    | {
        act: 'submit-slip';
        slipId: string;
        institutionId: string;
        /** One line for each; the type of its sets is the same. */
        collect: { setTypeId: string; setIds: string[]; special: SpecialPathogen | null }[];
        asked: { setTypeId: string; quantity: number }[];
      }
    | {
        act: 'create-round';
        roundId: string;
        on: LocalDate;
        vehicleId: string;
        stops: { stopId: string; institutionId: string; arriveAt: number }[];
      }
    | { act: 'confirm-round'; roundId: string }
    | { act: 'consign'; roundId: string; stopId: string; boxId: string; packIds: string[]; sealNumber: string }
    | { act: 'complete-loading' | 'depart' | 'return' | 'break-down' | 'close-round'; roundId: string }
    | { act: 'transfer'; roundId: string; vehicleId: string }
    | {
        act: 'step';
        roundId: string;
        stopId: string;
        step: StopStep;
        /** What the courier takes along, sealed: soiled sets, and packs that come back unopened. */
        consignments?: { boxId: string; sealNumber: string; packIds: string[]; special: SpecialPathogen | null }[];
        takenSetIds?: string[];
        packIds?: string[];
      }
    | { act: 'fail-stop'; roundId: string; stopId: string; reason: FailReason }
    | { act: 'hand-over'; roundId: string }
    | { act: 'count'; slipId: string; received: { lineId: string; setIds: string[] }[]; packIds: string[] }
    | { act: 'see-set'; setId: string; scan: { device: string; seq: number } }
    | { act: 'clean'; vehicleId: string; boxIds: string[] }
    | { act: 'open-pack'; packId: string; institutionId: string }
    /** Told late by a phone: an observation, which nobody refuses. */
    | { act: 'scan-opened'; packId: string; institutionId: string; openedAt: number; scan: { device: string; seq: number } }
    | { act: 'restock'; packId: string }
    | { act: 'break-out'; packId: string }
    | { act: 'breach'; breachId: string; institutionId: string }
    | { act: 'review-breach'; breachId: string }
    | { act: 'acknowledge-recall'; recallId: string }
    | { act: 'account-used'; recallId: string; packIds: string[] }
    | { act: 'account-retrieved'; recallId: string; packIds: string[] }
    | { act: 'begin-requalification' | 'return-to-service'; steriliserId: string }
    | { act: 'explain-recall'; recallId: string }
    | { act: 'sign-recall'; recallId: string }
    | { act: 'report-missing'; setId: string }
    | { act: 'resolve-discrepancy'; discrepancyId: string; resolution: 'explained' | 'written-off' }
    | { act: 'close-discrepancy'; discrepancyId: string }
  );
