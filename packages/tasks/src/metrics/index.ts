import { accuracy } from "./accuracy.ts";
import { f1 } from "./f1.ts";
import { matthews } from "./matthews.ts";
import { pearson } from "./pearson.ts";
import { spearman } from "./spearman.ts";

/** Every metric by its name. */
export const metrics = { accuracy, f1, matthews, pearson, spearman } as const;

export type MetricName = keyof typeof metrics;

export type { Metric, MetricResult, NumberList } from "./metric.ts";
