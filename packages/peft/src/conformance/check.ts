import type { Executor } from "@peftbench/runtime";
import type { ModelShape, PeftMethod, Spectra } from "../index.ts";

/** A model whose method's parameters are counted, and what their number must be. */
export interface CountCase {
  readonly name: string;
  readonly model: ModelShape;
  readonly config: unknown;
  readonly totalSteps: number;
  /** For methods that choose ranks by them. */
  readonly spectra?: Spectra;
  /** The head apart; one number where it stays the same. */
  readonly trainable: number | { readonly initial: number; readonly average: number; readonly final: number };
  readonly head: number;
}

/** A configuration that the method must refuse. */
export interface InvalidConfig {
  readonly name: string;
  readonly config: unknown;
  /** Matches the message, which must name what is wrong. */
  readonly message: RegExp;
}

/** What the suite must know of a method beside its definition, on whatever executor it runs. */
export interface ConformanceOptions {
  /** A configuration that fits the suite's model: `smallBert`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The same with the method's own dropout; null where it has none. */
  readonly dropoutConfig: Readonly<Record<string, unknown>> | null;
  /** Steps of training to attach the method for: enough to reach its last stage. */
  readonly totalSteps: number;
  /** Largest difference of logits from the bare model's before training; 0: the same bits. */
  readonly stepZeroTolerance: number;
  /**
   * One batch with the head frozen: after `steps` at `learningRate` its loss is at most `lossFactor` of the first.
   * Null: the method has nothing to learn with beside the head, and nothing else trains.
   */
  readonly overfit: {
    readonly learningRate: number;
    readonly steps: number;
    readonly lossFactor: number;
  } | null;
  /** Whether the method can be saved in the format of Hugging Face PEFT. */
  readonly savesAsPeft: boolean;
  /**
   * Largest difference of logits after `toPeft` and `fromPeft`, for methods that come back in another form; the same
   * bits where absent.
   */
  readonly roundTripTolerance?: number;
  readonly counts: readonly CountCase[];
  readonly invalidConfigs: readonly InvalidConfig[];
}

/** What a check looks at. */
export interface Subject {
  readonly method: PeftMethod;
  readonly options: ConformanceOptions;
  readonly executor: Executor;
}

/** One property that every method must have. */
export interface Check {
  readonly name: string;
  /** Whether it runs graphs. What does not is the same on every executor. */
  readonly usesExecutor: boolean;
  /** @throws ConformanceError where the method lacks the property. */
  readonly run: (subject: Subject) => Promise<void>;
}

/** A method that lacks a property that every method must have. */
export class ConformanceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConformanceError";
  }
}

export function assertThat(holds: boolean, message: string): void {
  if (!holds) throw new ConformanceError(message);
}

/** Whether two arrays have the same bits. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  if (a.length !== b.length) return false;
  const [left, right] = [a, b].map(
    (array) => new Uint32Array(array.buffer, array.byteOffset, array.length),
  ) as [Uint32Array, Uint32Array];
  return left.every((bits, index) => bits === right[index]);
}
