import type { LedgerBytes, PhasePeak } from "./account.ts";
import { createAccount } from "./account.ts";
import { roleOf } from "./roles.ts";

/** Something on the device that takes memory: a buffer or a query set. */
export interface LedgerEntry {
  readonly label: string;
  readonly role: string;
  readonly bytes: number;
  /** During which it was made. */
  readonly phase: LedgerPhase;
}

/** What a run does: `load` puts weights on the device; others as the caller names them. Each has a peak of its own. */
export type LedgerPhase = string;

/** What the device was asked for. Bytes throughout. */
export interface LedgerReport {
  readonly currentBytes: number;
  readonly currentByRole: LedgerBytes;
  /** Over all phases. */
  readonly peakBytes: number;
  readonly phases: readonly PhasePeak[];
  /** Buffers and query sets made since the ledger was attached, and those not yet destroyed. */
  readonly madeCount: number;
  readonly liveCount: number;
}

export interface Ledger {
  /** Peaks count for this phase from now on, starting from what is held now. A phase may be taken up again. */
  beginPhase(phase: LedgerPhase): void;
  report(): LedgerReport;
  /** What was made and not yet destroyed, oldest first: at the end of a run, what leaked. */
  live(): readonly LedgerEntry[];
  /** Stops counting what is made from now on; what is counted already still leaves with its destruction. */
  detach(): void;
}

/**
 * Counts every buffer and query set of a device from its making to its destruction, by wrapping the device's own calls:
 * it knows neither executor nor plan, so they can be held against it.
 *
 * It counts what was asked for. A buffer that is merely collected counts on, one that the device refused counts until
 * it is destroyed; a driver's padding, pipelines and the staging inside `writeBuffer` are out of its sight. A ledger of
 * a device with an earlier one attached sees the same calls. Starts in the phase `load`.
 */
export function attachLedger(device: GPUDevice): Ledger {
  const account = createAccount("load");
  const live = new Set<LedgerEntry>();
  let phase: LedgerPhase = "load";
  let madeCount = 0;

  const release = (entry: LedgerEntry): void => {
    if (live.delete(entry)) account.remove(entry.role, entry.bytes);
  };
  const count = (made: GPUBuffer | GPUQuerySet, role: string, bytes: number): void => {
    const entry = { label: made.label, role, bytes, phase };
    madeCount += 1;
    live.add(entry);
    account.add(role, bytes);
    const destroy = made.destroy.bind(made);
    made.destroy = () => {
      release(entry);
      return destroy();
    };
  };

  const { createBuffer, createQuerySet, destroy } = device;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    count(buffer, roleOf(buffer.label, descriptor.usage), descriptor.size);
    return buffer;
  };
  device.createQuerySet = (descriptor) => {
    const querySet = createQuerySet.call(device, descriptor);
    count(querySet, "staging", descriptor.count * bytesPerQuery);
    return querySet;
  };
  device.destroy = () => {
    for (const entry of [...live]) release(entry);
    return destroy.call(device);
  };

  return {
    beginPhase(next) {
      phase = next;
      account.beginPhase(next);
    },
    report() {
      const phases = account.phasePeaks();
      return {
        currentBytes: account.currentBytes(),
        currentByRole: account.currentByRole(),
        peakBytes: Math.max(...phases.map(({ peakBytes }) => peakBytes)),
        phases,
        madeCount,
        liveCount: live.size,
      };
    },
    live: () => [...live],
    detach() {
      Object.assign(device, { createBuffer, createQuerySet, destroy });
    },
  };
}

/** A timestamp or an occlusion count is a 64-bit number. */
const bytesPerQuery = 8;
