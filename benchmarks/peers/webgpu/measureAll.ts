/**
 * All WebGPU figures of `results/webgpu-peers`, one after another, each program in a process of its own.
 *
 *   tsx benchmarks/peers/webgpu/measureAll.ts --model MODEL_FOLDER [--out results/webgpu-peers] [--rounds 7]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    out: { type: "string", default: "results/webgpu-peers" },
    rounds: { type: "string", default: "7" },
  },
});
const { model, out, rounds } = values;
if (model === undefined) {
  console.error("usage: measureAll.ts --model MODEL_FOLDER [--out FOLDER] [--rounds 7]");
  process.exit(2);
}

const measurements: readonly (readonly [file: string, program: string, ...args: string[]])[] = [
  ["matmul.json", "compareMatmul.ts", "--rounds", rounds],
  ["kernels.json", "../../kernels/kernels.ts"],
  ["step-lora-32.json", "../../kernels/stepProfile.ts", "--model", model],
];

await mkdir(out, { recursive: true });
for (const [file, program, ...args] of measurements) {
  console.error(`${file} ...`);
  const path = fileURLToPath(new URL(program, import.meta.url));
  // The runtime's own flags too: they are what makes it read TypeScript.
  const child = spawn(process.execPath, [...process.execArgv, path, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [json, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`${program} ended with ${code}.`);
  await writeFile(join(out, file), json);
}
