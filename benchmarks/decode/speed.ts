/**
 * Times greedy decoding on the CPU, with keys and values kept and without, by batch size, beside PyTorch's in the same
 * run with the same threads; tokens are checked equal first. Writes JSON: medians over rounds, and the ratios.
 *
 *   tsx benchmarks/decode/speed.ts --model FOLDER [--python PYTHON [--gguf FILE]] [--rows 1,4,16] [--prompt 64]
 *     [--new 32] [--rounds 3] [--threads 2] [--out FILE]
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Generator, generate, median, writeFileAtomic } from "@peftbench/harness";
import { loadPretrained } from "@peftbench/models";
import { bareModel } from "@peftbench/peft";
import { createCpuExecutor, createRandom } from "@peftbench/runtime";
import { hostProvenance } from "../hostProvenance.ts";

/** Milliseconds a step, which makes a token of every row. */
interface DecodeTimes {
  readonly tokens: readonly (readonly number[])[];
  readonly cachedMs: number;
  readonly uncachedMs: number;
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    python: { type: "string" },
    gguf: { type: "string" },
    rows: { type: "string", default: "1,4,16" },
    prompt: { type: "string", default: "64" },
    new: { type: "string", default: "32" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
    out: { type: "string" },
  },
});
if (values.model === undefined) {
  console.error(
    "usage: speed.ts --model FOLDER [--python PYTHON [--gguf FILE]] [--rows 1,4,16] [--out FILE]",
  );
  process.exit(2);
}
const [promptLength, newTokens, rounds, threads] = [
  values.prompt,
  values.new,
  values.rounds,
  values.threads,
].map(Number) as [number, number, number, number];
const host = await hostProvenance();
const head = { kind: "languageModel" } as const;
const pretrained = await loadPretrained(values.model, head, { seed: 0 });
const executor = createCpuExecutor({ threads });
const peer = values.python === undefined ? null : await startPeer(values.python, values.model);
const results = [];
for (const rows of values.rows.split(",").map(Number)) {
  const random = createRandom(0, `prompts ${rows}`);
  const prompts = Array.from({ length: rows }, () =>
    Array.from({ length: promptLength }, () => 100 + random.integer(10_000)),
  );
  const [ours, theirs]: [DecodeTimes[], DecodeTimes[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(await decodeOurs(prompts));
    if (peer !== null) theirs.push(await peer.ask(prompts));
  }
  const agreed = theirs.map(({ tokens }, round) => sameUntil(tokens, ours[round]?.tokens ?? []));
  const middle = (times: readonly DecodeTimes[], of: "cachedMs" | "uncachedMs"): number | null =>
    median(times.map((each) => each[of]));
  const perSecond = (ms: number | null): number | null => (ms === null ? null : (1000 * rows) / ms);
  const result = {
    rows,
    cachedTokensPerSecond: perSecond(middle(ours, "cachedMs")),
    uncachedTokensPerSecond: perSecond(middle(ours, "uncachedMs")),
    pytorchCachedTokensPerSecond: perSecond(middle(theirs, "cachedMs")),
    pytorchUncachedTokensPerSecond: perSecond(middle(theirs, "uncachedMs")),
    /** Of all generated tokens the share before a row first differs; near-ties may. */
    sameTokens: agreed.length === 0 ? null : Math.min(...agreed),
  };
  results.push(result);
  console.log(JSON.stringify(result));
}
peer?.stop();
await executor.dispose();
const report = {
  ...host,
  model: values.model.split("/").at(-1),
  promptLength,
  newTokens,
  rounds,
  threads,
  results,
};
if (values.out !== undefined) await writeFileAtomic(values.out, `${JSON.stringify(report, null, 2)}\n`);

async function decodeOurs(prompts: readonly (readonly number[])[]): Promise<DecodeTimes> {
  const options = { newTokens, endTokens: [], sampling: null };
  const cached = await makeGenerator(prompts.length, promptLength, newTokens);
  const started = performance.now();
  const tokens = await generate(cached, prompts, options);
  const cachedMs = (performance.now() - started) / newTokens;
  await cached.dispose();
  // Every token is read again for each new one, in rows as long as they get.
  const uncached = await makeGenerator(prompts.length, promptLength + newTokens, 1);
  const again = performance.now();
  for (let step = 0; step < newTokens; step++)
    await uncached.readPrompts(
      prompts.map((prompt, row) => [...prompt, ...(tokens[row] ?? []).slice(0, step)]),
    );
  const uncachedMs = (performance.now() - again) / newTokens;
  await uncached.dispose();
  return { tokens, cachedMs, uncachedMs };
}

function makeGenerator(rows: number, length: number, tokens: number): Promise<Generator> {
  return Generator.create({
    ...{ executor, model: { ...pretrained, head }, stage: bareModel, values: pretrained.values },
    ...{ rows, promptLength: length, newTokens: tokens, reorders: false },
  });
}

function sameUntil(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  const shares = a.map((row, index) => {
    const first = row.findIndex((token, place) => token !== b[index]?.[place]);
    return first === -1 ? 1 : first / row.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

async function startPeer(python: string, model: string) {
  const script = fileURLToPath(new URL("./decode.py", import.meta.url));
  const child = spawn(
    python,
    [script, String(threads), model, ...(values.gguf === undefined ? [] : [values.gguf])],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? "null");
  await read();
  return {
    ask: async (prompts: readonly (readonly number[])[]): Promise<DecodeTimes> => {
      child.stdin.write(`${JSON.stringify({ prompts, newTokens })}\n`);
      return (await read()) as DecodeTimes;
    },
    stop: () => child.stdin.end(),
  };
}
