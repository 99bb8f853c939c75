import type { ComparedExamples, ScoredRun } from "./examples.ts";

/** What a method's seeds say of one example. */
export interface MethodAnswer {
  readonly method: string;
  /** Of classes the answer of most seeds, the first of equals; of scores their mean. */
  readonly answer: number;
  /** Seeds that gave this answer; for scores all. */
  readonly agreeing: number;
  readonly seeds: number;
}

/** An example on which methods say different things. */
export interface Disagreement {
  readonly exampleId: string;
  readonly label: number;
  readonly answers: readonly MethodAnswer[];
}

export interface Disagreements {
  /** Examples that all methods have predictions of. */
  readonly examples: number;
  /** Those on which not all methods say the same. Of scores every example is one, so there it is null. */
  readonly differing: number | null;
  /** Those on which all methods are right, and on which none is; null for scores. */
  readonly allRight: number | null;
  readonly allWrong: number | null;
  /** The strongest disagreements. */
  readonly shown: readonly Disagreement[];
}

/**
 * The examples on which methods differ most: of classes those on which they split most evenly, of scores those on which
 * they lie furthest apart; earlier examples first among equals.
 * @param most of them to show
 */
export function findDisagreements(
  runs: ReadonlyMap<string, readonly ScoredRun[]>,
  { ids, labels, predictions }: ComparedExamples,
  kind: "classification" | "regression",
  most: number,
): Disagreements {
  const methods = [...runs].flatMap(([method, own]) => {
    const rows = own.flatMap((run) => [predictions.get(run) ?? []].filter(({ length }) => length > 0));
    return rows.length === 0 ? [] : [{ method, rows }];
  });
  const all = ids.map((exampleId, place) => ({
    exampleId,
    label: labels[place] ?? Number.NaN,
    answers: methods.map(({ method, rows }) => {
      const said = rows.map((row) => row[place] ?? Number.NaN);
      return { method, ...(kind === "classification" ? vote(said) : average(said)), seeds: said.length };
    }),
  }));
  const split = kind === "classification" ? unevenness : distance;
  const differing = all
    .map((each) => ({ each, size: split(each.answers) }))
    .filter(({ size }) => size > 0)
    .sort((a, b) => b.size - a.size);
  const counted = (count: number): number | null => (kind === "classification" ? count : null);
  const isRight = ({ label }: Disagreement, { answer }: MethodAnswer): boolean => answer === label;
  return {
    examples: methods.length === 0 ? 0 : ids.length,
    differing: counted(differing.length),
    allRight: counted(all.filter((each) => each.answers.every((answer) => isRight(each, answer))).length),
    allWrong: counted(all.filter((each) => !each.answers.some((answer) => isRight(each, answer))).length),
    shown: differing.slice(0, most).map(({ each }) => each),
  };
}

function vote(said: readonly number[]): Pick<MethodAnswer, "answer" | "agreeing"> {
  const counts = countsOf(said);
  const [first = [Number.NaN, 0]] = [...counts].sort(([, a], [, b]) => b - a);
  return { answer: first[0], agreeing: first[1] };
}

function average(said: readonly number[]): Pick<MethodAnswer, "answer" | "agreeing"> {
  return { answer: said.reduce((sum, value) => sum + value, 0) / said.length, agreeing: said.length };
}

/** Chance that two methods drawn with replacement say different things: 0 where all agree. */
function unevenness(answers: readonly MethodAnswer[]): number {
  const shares = [...countsOf(answers.map(({ answer }) => answer)).values()].map((n) => n / answers.length);
  return shares.length < 2 ? 0 : 1 - shares.reduce((sum, share) => sum + share * share, 0);
}

function distance(answers: readonly MethodAnswer[]): number {
  const values = answers.map(({ answer }) => answer).filter(Number.isFinite);
  return values.length < 2 ? 0 : Math.max(...values) - Math.min(...values);
}

function countsOf(values: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
