/** `1.2k`, `340`: three digits at most, for figures that are watched rather than read. */
export function formatCount(value: number): string {
  if (value < 1000) return value.toFixed(0);
  if (value < 999_500) return `${(value / 1000).toFixed(value < 9950 ? 1 : 0)}k`;
  return `${(value / 1e6).toFixed(1)}M`;
}

/** `45s`, `3m 20s`, `1h 05m`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, "0")}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}
