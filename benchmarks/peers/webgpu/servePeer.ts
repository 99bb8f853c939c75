import { patiently } from "@peftbench/runtime";
import { Bench } from "tinybench";
import type { MatmulProblem, Operands } from "./matmulProblems.ts";
import {
  matmulProblems,
  operandsOf,
  operationCount,
  referenceProduct,
  relativeError,
} from "./matmulProblems.ts";

/** One system under comparison, written as its own users would. */
export interface MatmulPeer {
  readonly name: string;
  /** What runs it, as it says itself. */
  readonly device: string;
  /** Shaders run on the CPU. */
  readonly isSoftware: boolean;
  /** Brings the operands onto the device. */
  prepare(problem: MatmulProblem, operands: Operands): Promise<PreparedMatmul>;
}

export interface PreparedMatmul {
  /** The whole product, once. */
  product(): Promise<ArrayLike<number>>;
  /** Makes the product `count` times and waits until the device is done with all. */
  run(count: number): Promise<void>;
}

export type PeerRequest =
  | { readonly kind: "describe" }
  /** Computes the product, compares it and warms up. */
  | { readonly kind: "check"; readonly problem: number }
  | { readonly kind: "measure"; readonly problem: number; readonly samples: number };

export type PeerAnswer =
  | { readonly kind: "describe"; readonly name: string; readonly device: string }
  | { readonly kind: "check"; readonly relativeError: number }
  /** `ms` of one product, a number for each sample. */
  | { readonly kind: "measure"; readonly ms: readonly number[] }
  | { readonly kind: "error"; readonly message: string };

/** Work of one sample: long beside what it costs to wait for the device. */
const OPERATIONS_A_SAMPLE = 0.5e9;

/** Products made in one sample. */
function countFor(problem: MatmulProblem): number {
  return Math.ceil(OPERATIONS_A_SAMPLE / operationCount(problem));
}

/** Answers the requests of the process that started this one, one at a time, until it disconnects. */
export function servePeer(open: () => Promise<MatmulPeer>): void {
  const opening = open();
  const prepared = new Map<number, Promise<PreparedMatmul>>();
  const prepare = async (index: number): Promise<PreparedMatmul> => {
    const problem = matmulProblems[index] as MatmulProblem;
    const known = prepared.get(index) ?? (await opening).prepare(problem, operandsOf(problem));
    prepared.set(index, Promise.resolve(known));
    return known;
  };
  const answer = async (request: PeerRequest): Promise<PeerAnswer> => {
    switch (request.kind) {
      case "describe": {
        const { name, device } = await opening;
        return { kind: "describe", name, device };
      }
      case "check": {
        const problem = matmulProblems[request.problem] as MatmulProblem;
        const matmul = await prepare(request.problem);
        const expected = referenceProduct(problem, operandsOf(problem));
        const error = relativeError(await matmul.product(), expected);
        await matmul.run(countFor(problem));
        return { kind: "check", relativeError: error };
      }
      case "measure": {
        const problem = matmulProblems[request.problem] as MatmulProblem;
        const matmul = await prepare(request.problem);
        const { isSoftware } = await opening;
        const count = countFor(problem);
        const bench = new Bench({
          iterations: request.samples,
          time: 0,
          warmupIterations: 1,
          warmupTime: 0,
          retainSamples: true,
          throws: true,
        });
        // For all alike: without it, npm's Dawn keeps one core busy while it waits for shaders that run on the same cores.
        bench.add(problem.name, () => (isSoftware ? patiently(matmul.run(count)) : matmul.run(count)));
        const [task] = await bench.run();
        const result = task?.result;
        if (result === undefined || !("latency" in result)) throw new Error("tinybench gave no samples.");
        return { kind: "measure", ms: (result.latency.samples ?? []).map((ms) => ms / count) };
      }
    }
  };
  process.on("message", (request: PeerRequest) => {
    answer(request)
      .catch((error: unknown): PeerAnswer => ({ kind: "error", message: String(error) }))
      .then((message) => process.send?.(message))
      .catch(console.error);
  });
  process.on("disconnect", () => process.exit(0));
}
