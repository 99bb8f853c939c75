/** Bytes by role; a role that never had any is absent. */
export type LedgerBytes = Readonly<Record<string, number>>;

/** What was highest while a phase was under way. */
export interface PhasePeak {
  readonly phase: string;
  /** The largest sum at one moment. */
  readonly peakBytes: number;
  /** At that moment (the first, if several were equal); sums to `peakBytes`. */
  readonly byRoleAtPeak: LedgerBytes;
  /** Each role's own highest, at moments of their own: sums to more than `peakBytes` or as much. */
  readonly peakByRole: LedgerBytes;
}

/** Sums of bytes by role with their peaks by phase. Knows no device. */
export interface Account {
  add(role: string, bytes: number): void;
  remove(role: string, bytes: number): void;
  /** Peaks count for this phase from now on, starting from what is held now. A phase may be taken up again. */
  beginPhase(phase: string): void;
  currentBytes(): number;
  currentByRole(): LedgerBytes;
  /** In the order in which the phases began. */
  phasePeaks(): readonly PhasePeak[];
}

interface MutablePeak {
  peakBytes: number;
  byRoleAtPeak: LedgerBytes;
  readonly peakByRole: Map<string, number>;
}

export function createAccount(firstPhase: string): Account {
  const current = new Map<string, number>();
  const peaks = new Map<string, MutablePeak>();
  let total = 0;
  let phase = firstPhase;

  const heldNow = (): LedgerBytes => Object.fromEntries([...current].filter(([, bytes]) => bytes > 0));
  const note = (role: string): void => {
    const peak = peaks.get(phase) as MutablePeak;
    const bytes = current.get(role) ?? 0;
    if (bytes > (peak.peakByRole.get(role) ?? 0)) peak.peakByRole.set(role, bytes);
    if (total > peak.peakBytes) {
      peak.peakBytes = total;
      peak.byRoleAtPeak = heldNow();
    }
  };
  const change = (role: string, bytes: number): void => {
    current.set(role, (current.get(role) ?? 0) + bytes);
    total += bytes;
  };
  const beginPhase = (name: string): void => {
    phase = name;
    if (!peaks.has(name)) peaks.set(name, { peakBytes: 0, byRoleAtPeak: {}, peakByRole: new Map() });
    for (const role of current.keys()) note(role);
  };
  beginPhase(firstPhase);

  return {
    add(role, bytes) {
      change(role, bytes);
      note(role);
    },
    remove: (role, bytes) => change(role, -bytes),
    beginPhase,
    currentBytes: () => total,
    currentByRole: heldNow,
    phasePeaks: () =>
      [...peaks].map(([name, { peakBytes, byRoleAtPeak, peakByRole }]) => ({
        phase: name,
        peakBytes,
        byRoleAtPeak,
        peakByRole: Object.fromEntries(peakByRole),
      })),
  };
}
