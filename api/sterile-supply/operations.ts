/** Every operation of sterile supply that belongs to no single pathway, by subject. */
import type { Operation } from '../kit/operation.ts';
import { alertOperations } from './alerts.ts';
import { climateOperations } from './climate.ts';
import { custodyExportOperations } from './custody-export.ts';
import { deviceOperations } from './devices.ts';
import { equipmentOperations } from './equipment.ts';
import { normRuleOperations } from './norm-rules.ts';
import { packLabelOperations } from './pack-labels.ts';
import { packOperations } from './packs.ts';
import { scanOperations } from './scans.ts';
import { setInstanceOperations } from './set-instances.ts';
import { setTypeOperations } from './set-types.ts';
import { shelfOperations } from './shelf.ts';
import { supplyCentreOperations } from './supply-centres.ts';
import { supplyIndicatorOperations } from './supply-indicators.ts';
import { sweepOperations } from './sweeps.ts';
import { traceOperations } from './trace.ts';
import { washingOperations } from './washing.ts';

export const sterileSupplyOperations: readonly Operation[] = [
  ...setTypeOperations,
  ...setInstanceOperations,
  ...equipmentOperations,
  ...supplyCentreOperations,
  ...normRuleOperations,
  ...washingOperations,
  ...packOperations,
  ...packLabelOperations,
  ...deviceOperations,
  ...scanOperations,
  ...shelfOperations,
  ...climateOperations,
  ...alertOperations,
  ...sweepOperations,
  ...custodyExportOperations,
  ...traceOperations,
  ...supplyIndicatorOperations,
];
