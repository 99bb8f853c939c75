import type { MetricScale } from "./metricScale.ts";

/** Stands where there is no value. */
export const NONE = "–";

/** 10^6 bytes: MB as used on this page. */
export const BYTES_PER_MB = 1e6;

const integer = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `22,787,714` */
export function formatCount(value: number): string {
  return integer.format(value);
}

/** Fixed decimals with a real minus sign. */
export function formatFixed(value: number, decimals: number): string {
  const text = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(value);
  // "-0.0" would read as a direction that is not there.
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

/** A stored metric value as shown, without its unit: `89.3`. */
export function formatScore(value: number, scale: MetricScale): string {
  return formatFixed(value * scale.factor, scale.decimals);
}

/** `89.3%` */
export function formatScoreWithUnit(value: number, scale: MetricScale): string {
  return `${formatScore(value, scale)}${scale.suffix}`;
}

/** A signed difference of stored metric values: `+0.4`. */
export function formatDifference(value: number, scale: MetricScale): string {
  const text = formatScore(value, scale);
  return value > 0 && !/^[0.,]*$/.test(text) ? `+${text}` : text;
}

/** Bytes in MB (10^6): `412`, `0.31`. */
export function formatMb(bytes: number): string {
  const megabytes = bytes / BYTES_PER_MB;
  if (bytes === 0) return "0";
  if (megabytes < 0.0005) return "<0.001";
  return formatFixed(megabytes, megabytes >= 100 ? 0 : megabytes >= 10 ? 1 : megabytes >= 0.1 ? 2 : 3);
}

/** Part of a whole: `0.33%`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (share === 1) return "100%";
  return `${formatFixed(percent, percent >= 10 ? 1 : percent >= 0.1 ? 2 : 4)}%`;
}

/** A probability as tests give it: `0.031`, `<0.0001`. */
export function formatPValue(pValue: number): string {
  if (pValue < 0.0001) return "<0.0001";
  return formatFixed(pValue, pValue >= 0.1 ? 2 : pValue >= 0.001 ? 3 : 4);
}

/** A rank, or a mean of ranks with one decimal: `12`, `7.7`. */
export function formatRank(rank: number): string {
  return Number.isInteger(rank) ? formatCount(rank) : formatFixed(rank, 1);
}

/** A learning rate as papers write it: `5e-4`. */
export function formatLearningRate(rate: number): string {
  return rate.toExponential();
}

/** A relative change with its sign: `+2.1%`, `−48.0%`. */
export function formatChange(change: number): string {
  const text = formatFixed(change * 100, 1);
  if (/^[0.]*$/.test(text)) return "±0%";
  return `${change > 0 ? "+" : ""}${text}%`;
}

/** Milliseconds: `830`, `8.3`. */
export function formatMs(ms: number): string {
  return formatFixed(ms, ms >= 100 ? 0 : ms >= 10 ? 1 : 2);
}

/** A span of time for people: `7 min 5 s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return ms < 10_000 ? `${formatFixed(ms / 1000, 1)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1 seed`, `3 seeds`, `3 searches` */
export function plural(count: number, noun: string): string {
  const ending = /(s|x|ch|sh)$/.test(noun) ? "es" : "s";
  return `${formatCount(count)} ${noun}${count === 1 ? "" : ending}`;
}

/** `a`, `a and b`, `a, b and c` */
export function listInWords(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
