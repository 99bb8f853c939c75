import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadPretrained } from "@peftbench/models";
import type { Executor } from "@peftbench/runtime";
import { createRandom } from "@peftbench/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BaseValues, MethodAttachment, MethodStage, ModelShape, PeftMethod } from "../index.ts";
import {
  attachMethod,
  buildEvaluationGraph,
  EVALUATION_OUTPUTS,
  initialState,
  loadAdapter,
  saveAdapter,
  trainableTensors,
} from "../index.ts";
import { largestDifference } from "../parity/differences.ts";
import { readBatch, readTensors } from "../parity/trainingJob.ts";
import { POOLER_PARAMETERS } from "./models.ts";

export interface AdapterParityOptions {
  readonly createExecutor: () => Executor | Promise<Executor>;
  readonly config: unknown;
  /** An adapter that peft saved, with `inputs.safetensors` and the `logits` of `expected.safetensors`. */
  readonly adapterFolder: string;
  readonly modelFolder: string;
  readonly labelCount: number;
  /** Configurations that do not fit the adapter, with what the message must say. */
  readonly misfits: readonly { readonly name: string; readonly config: unknown; readonly message: RegExp }[];
  /** Configurations whose adapters, as we write them, peft must load. */
  readonly written: readonly unknown[];
}

const LOGITS_TOLERANCE = 1e-5;
const TENSOR_FILE = "adapter_model.safetensors";
const LOGITS_SCRIPT = fileURLToPath(new URL("../../fixtures/logitsInPeft.py", import.meta.url));

/** Declares the tests that a method reads what peft wrote and writes what peft reads. */
export function describeAdapterParity(method: PeftMethod, options: AdapterParityOptions): void {
  describe(`${method.id} in the files of peft`, () => {
    const head = { kind: "classification", labelCount: options.labelCount } as const;
    const inputsFile = join(options.adapterFolder, "inputs.safetensors");
    let executor: Executor;
    let model: ModelShape;
    let base: BaseValues;
    let folder: string;
    const attached = (config: unknown, shape = model): MethodAttachment =>
      attachMethod(method, shape, config, { totalSteps: 1 });

    beforeAll(async () => {
      executor = await options.createExecutor();
      const pretrained = await loadPretrained(options.modelFolder, head, { seed: 0 });
      model = { ...pretrained, head };
      base = pretrained.values;
      folder = await mkdtemp(join(tmpdir(), "peftbench-adapter-"));
    });
    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
      await executor.dispose();
    });

    const logitsOf = async (
      shape: ModelShape,
      attachment: MethodAttachment,
      values: ReadonlyMap<string, Float32Array>,
    ): Promise<ArrayLike<number>> => {
      const state = initialState(shape, attachment, base, { seed: 0, accumulate: false });
      const store = await executor.createStore(state);
      for (const [name, loaded] of values) await store.write(name, loaded);
      const batch = await readBatch(inputsFile);
      const stage = attachment.stages.at(-1) as MethodStage;
      const program = await executor.compile(buildEvaluationGraph(shape, stage, batch), store);
      const outputs = await program.run(batch.inputs);
      await program.dispose();
      return outputs[EVALUATION_OUTPUTS.logits]?.data ?? [];
    };

    it("gives the logits that peft gives with the adapter that peft saved", async () => {
      const attachment = attached(options.config);
      const { values } = await loadAdapter(options.adapterFolder, model, attachment);
      const found = await logitsOf(model, attachment, values);
      const expected = await readTensors(join(options.adapterFolder, "expected.safetensors"));
      expect(largestDifference(found, expected.get("logits") ?? [])).toBeLessThan(LOGITS_TOLERANCE);
    });

    it("writes the tensors that it read, under the same names", async () => {
      const attachment = attached(options.config);
      const { values, baseModel } = await loadAdapter(options.adapterFolder, model, attachment);
      const value = (name: string): Float32Array => values.get(name) as Float32Array;
      await saveAdapter(folder, { model, attachment, value, baseModel: baseModel ?? "" });
      const written = await readTensors(join(folder, TENSOR_FILE));
      const original = await readTensors(join(options.adapterFolder, TENSOR_FILE));
      expect(new Map([...written].sort())).toEqual(new Map([...original].sort()));
    });

    for (const { name, config, message } of options.misfits) {
      it(`refuses to load it with ${name}`, async () => {
        await expect(loadAdapter(options.adapterFolder, model, attached(config))).rejects.toThrow(message);
      });
    }

    const python = process.env.PEFTBENCH_PYTHON;
    describe.skipIf(python === undefined)(
      "loaded by peft (set PEFTBENCH_PYTHON to a Python that has it)",
      () => {
        it.each(
          options.written.flatMap((config) => [
            { config, trainsPooler: false, text: JSON.stringify(config) },
            { config, trainsPooler: true, text: `${JSON.stringify(config)} and a pooler that trains` },
          ]),
        )("gives our logits with $text", async ({ config, trainsPooler }) => {
          const names = [...model.headParameters, ...(trainsPooler ? POOLER_PARAMETERS : [])];
          const shape = { ...model, headParameters: new Set(names) };
          const attachment = attached(config, shape);
          const values = randomlyMoved(shape, attachment, base);
          const adapterFolder = join(folder, "written");
          const value = (name: string): Float32Array => values.get(name) as Float32Array;
          await saveAdapter(adapterFolder, {
            model: shape,
            attachment,
            value,
            baseModel: options.modelFolder,
          });
          const outFile = join(folder, "logits.safetensors");
          const parameters = [LOGITS_SCRIPT, options.modelFolder, adapterFolder, inputsFile, outFile];
          await promisify(execFile)(python ?? "", parameters);
          const expected = (await readTensors(outFile)).get("logits") ?? [];
          const found = await logitsOf(shape, attachment, values);
          expect(largestDifference(found, await logitsOf(shape, attachment, new Map()))).toBeGreaterThan(
            0.01,
          );
          expect(largestDifference(found, expected)).toBeLessThan(LOGITS_TOLERANCE);
        });
      },
    );
  });
}

/** Values of everything that trains, away from the first ones. */
function randomlyMoved(
  model: ModelShape,
  attachment: MethodAttachment,
  base: BaseValues,
): ReadonlyMap<string, Float32Array> {
  const state = initialState(model, attachment, base, { seed: 0, accumulate: false });
  const stage = attachment.stages.at(-1) as MethodStage;
  const names = new Set([
    ...trainableTensors(model, stage).map(({ name }) => name),
    ...stage.parameters.map(({ name }) => name),
  ]);
  return new Map(
    [...names].map((name) => {
      const random = createRandom(1, name);
      const first = state.get(name)?.data as Float32Array;
      return [name, first.map((value) => value + 0.1 * random.normal())];
    }),
  );
}
