/**
 * Matrix products of a transformer's training step, ours and two other WebGPU systems' in turn, each in a process of its
 * own on the same adapter. Results are checked against float64 before anything is timed. Prints JSON: milliseconds and
 * GFLOP/s of each product (medians over rounds), ratios to the better peer, and their geometric mean.
 *
 *   tsx benchmarks/peers/webgpu/compareMatmul.ts [--rounds 7] [--samples 3]
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median } from "@peftbench/harness";
import { matmulProblems, operationCount } from "./matmulProblems.ts";
import type { PeerAnswer, PeerRequest } from "./servePeer.ts";

type AnswerTo<Kind extends PeerRequest["kind"]> = Extract<PeerAnswer, { readonly kind: Kind }>;

const PROGRAMS = ["ours", "jaxJs", "tfjs"] as const;
type ProgramName = (typeof PROGRAMS)[number];

/** The largest difference from float64 that is let pass, relative to the root mean square of the product. */
const TOLERANCE = 1e-4;

class Peer {
  readonly #child: ChildProcess;

  constructor(program: ProgramName) {
    const path = fileURLToPath(new URL(`${program}.ts`, import.meta.url));
    // What libraries print goes to standard error: standard output is the JSON.
    this.#child = fork(path, { stdio: ["ignore", 2, 2, "ipc"] });
  }

  async ask<Kind extends PeerRequest["kind"]>(
    request: Extract<PeerRequest, { readonly kind: Kind }>,
  ): Promise<AnswerTo<Kind>> {
    const ended = new AbortController();
    const gone = once(this.#child, "exit", { signal: ended.signal }).then(([code]): never => {
      throw new Error(`The process ended with ${code} when asked to ${request.kind}.`);
    });
    const answered = once(this.#child, "message", { signal: ended.signal });
    this.#child.send(request);
    try {
      const [answer] = (await Promise.race([answered, gone])) as [PeerAnswer];
      if (answer.kind === "error") throw new Error(answer.message);
      return answer as AnswerTo<Kind>;
    } finally {
      ended.abort();
      await Promise.allSettled([answered, gone]);
    }
  }

  close(): void {
    this.#child.disconnect();
  }
}

async function compare(rounds: number, samples: number): Promise<object> {
  const peers = new Map(PROGRAMS.map((program) => [program, new Peer(program)]));
  try {
    const descriptions = await Promise.all(
      [...peers].map(async ([program, peer]) => ({ program, ...(await peer.ask({ kind: "describe" })) })),
    );
    const devices = new Set(descriptions.map(({ device }) => device));
    if (devices.size !== 1) throw new Error(`The peers are on different devices: ${[...devices].join("; ")}`);

    const errors = new Map<string, number>();
    for (const problem of matmulProblems.keys()) {
      for (const [program, peer] of peers) {
        const { relativeError } = await peer.ask({ kind: "check", problem });
        const name = matmulProblems[problem]?.name;
        if (!(relativeError <= TOLERANCE)) {
          throw new Error(`${program} is ${relativeError} off at ${name}. Nothing was timed.`);
        }
        errors.set(`${program} ${problem}`, relativeError);
      }
    }

    const times = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      // Whoever comes first in one round comes last in the next.
      const order = round % 2 === 0 ? [...peers] : [...peers].toReversed();
      for (const problem of matmulProblems.keys()) {
        for (const [program, peer] of order) {
          const { ms } = await peer.ask({ kind: "measure", problem, samples });
          const key = `${program} ${problem}`;
          times.set(key, [...(times.get(key) ?? []), ...ms]);
        }
      }
      console.error(`round ${round + 1} of ${rounds}`);
    }

    const rows = matmulProblems.map((problem, index) => {
      const side = (program: ProgramName) => {
        const ms = median(times.get(`${program} ${index}`) ?? []) ?? Number.NaN;
        return {
          ms: rounded(ms),
          gflops: rounded(operationCount(problem) / ms / 1e6),
          relativeError: rounded(errors.get(`${program} ${index}`) ?? Number.NaN),
        };
      };
      const [ours, jaxJs, tfjs] = [side("ours"), side("jaxJs"), side("tfjs")];
      const ratio = Math.min(jaxJs.ms, tfjs.ms) / ours.ms;
      return { ...problem, ours, jaxJs, tfjs, ratioToBetterPeer: rounded(ratio) };
    });
    const logarithms = rows.map(({ ratioToBetterPeer }) => Math.log(ratioToBetterPeer));
    const mean = logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length;
    return {
      device: descriptions[0]?.device,
      systems: Object.fromEntries(descriptions.map(({ program, name }) => [program, name])),
      rounds,
      samplesARound: samples,
      rows,
      geometricMeanRatio: rounded(Math.exp(mean)),
      smallestRatio: Math.min(...rows.map(({ ratioToBetterPeer }) => ratioToBetterPeer)),
    };
  } finally {
    for (const peer of peers.values()) peer.close();
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, samples: { type: "string", default: "3" } },
});
console.log(JSON.stringify(await compare(Number(values.rounds), Number(values.samples)), null, 2));
