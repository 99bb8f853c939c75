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
  spectraOf,
  trainableTensors,
} from "../index.ts";
import { largestDifference } from "../parity/differences.ts";
import { readBatch, readTensors } from "../parity/trainingJob.ts";
import { POOLER_PARAMETERS } from "./models.ts";

export interface AdapterParityOptions {
  readonly createExecutor: () => Executor | Promise<Executor>;
  readonly config: unknown;
  /** What of the method it is, for the name of the tests. */
  readonly title?: string;
  /** An adapter that peft saved, with the `logits` of `expected.safetensors`; null where peft has none of this method. */
  readonly adapterFolder: string | null;
  /** The batch that logits are made of; `inputs.safetensors` of the adapter's folder where absent. */
  readonly inputsFile?: string;
  /** False where what we write is another adapter of the same function. */
  readonly writesBack?: boolean;
  readonly modelFolder: string;
  readonly labelCount: number;
  /** Steps that the method is attached for; 1 where absent. */
  readonly totalSteps?: number;
  /** Configurations that do not fit the adapter, with what the message must say. */
  readonly misfits: readonly { readonly name: string; readonly config: unknown; readonly message: RegExp }[];
  /** Configurations whose adapters, as we write them, peft must load. */
  readonly written: readonly unknown[];
  /** What of random values the method could have come to (masked triplets, say); all of them where absent. */
  readonly reachable?: (name: string, values: Float32Array) => Float32Array;
}

const LOGITS_TOLERANCE = 1e-5;
/** A guard against a hang: a busy machine takes minutes to load PyTorch. */
const PYTHON_TIMEOUT_MS = 900_000;
const TENSOR_FILE = "adapter_model.safetensors";
const LOGITS_SCRIPT = fileURLToPath(new URL("../../fixtures/logitsInPeft.py", import.meta.url));

/** Declares the tests that a method reads what peft wrote and writes what peft reads. */
export function describeAdapterParity(method: PeftMethod, options: AdapterParityOptions): void {
  const { adapterFolder, title } = options;
  describe(`${method.id}${title === undefined ? "" : `, ${title},`} in the files of peft`, () => {
    const head = { kind: "classification", labelCount: options.labelCount } as const;
    const inputsFile = options.inputsFile ?? join(adapterFolder ?? ".", "inputs.safetensors");
    let executor: Executor;
    let model: ModelShape;
    let base: BaseValues;
    let folder: string;
    const attached = (config: unknown, shape = model): MethodAttachment =>
      attachMethod(method, shape, config, {
        totalSteps: options.totalSteps ?? 1,
        spectra: spectraOf(base),
      });
    const firstValues = (shape: ModelShape, attachment: MethodAttachment) => {
      const state = initialState(shape, attachment, base, { seed: 0, accumulate: false });
      return (name: string): Float32Array => state.get(name)?.data as Float32Array;
    };

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

    if (adapterFolder !== null) {
      it("gives the logits that peft gives with the adapter that peft saved", async () => {
        const attachment = attached(options.config);
        const initial = firstValues(model, attachment);
        const { values } = await loadAdapter(adapterFolder, model, attachment, initial);
        const found = await logitsOf(model, attachment, values);
        const expected = await readTensors(join(adapterFolder, "expected.safetensors"));
        expect(largestDifference(found, expected.get("logits") ?? [])).toBeLessThan(LOGITS_TOLERANCE);
      });

      if (options.writesBack !== false) {
        it("writes the tensors that it read, under the same names", async () => {
          const attachment = attached(options.config);
          const { values, baseModel } = await loadAdapter(adapterFolder, model, attachment);
          const value = (name: string): Float32Array => values.get(name) as Float32Array;
          await saveAdapter(folder, { model, attachment, value, baseModel: baseModel ?? "" });
          const written = await readTensors(join(folder, TENSOR_FILE));
          const original = await readTensors(join(adapterFolder, TENSOR_FILE));
          expect(new Map([...written].sort())).toEqual(new Map([...original].sort()));
        });
      }

      for (const { name, config, message } of options.misfits) {
        it(`refuses to load it with ${name}`, async () => {
          const attachment = attached(config);
          const initial = firstValues(model, attachment);
          await expect(loadAdapter(adapterFolder, model, attachment, initial)).rejects.toThrow(message);
        });
      }
    }

    if (options.written.length === 0) return;
    const python = process.env.PEFTBENCH_PYTHON;
    describe.skipIf(python === undefined)(
      "loaded by peft (set PEFTBENCH_PYTHON to a Python that has it)",
      () => {
        const cases = options.written.flatMap((config) => [
          { config, trainsPooler: false, text: JSON.stringify(config) },
          { config, trainsPooler: true, text: `${JSON.stringify(config)} and a pooler that trains` },
        ]);
        const subjects = new Map<string, { readonly out: string; readonly ours: ArrayLike<number> }>();

        // One process for all of them: loading PyTorch takes longer than all the rest.
        beforeAll(async () => {
          const files: string[] = [];
          for (const [index, { config, trainsPooler, text }] of cases.entries()) {
            const names = [...model.headParameters, ...(trainsPooler ? POOLER_PARAMETERS : [])];
            const shape = { ...model, headParameters: new Set(names) };
            const attachment = attached(config, shape);
            const { reachable = (_: string, moved: Float32Array) => moved } = options;
            const values = new Map(
              [...randomlyMoved(shape, attachment, base)].map(([name, moved]) => [
                name,
                reachable(name, moved),
              ]),
            );
            const initial = firstValues(shape, attachment);
            const value = (name: string): Float32Array => values.get(name) ?? initial(name);
            const written = join(folder, `written-${index}`);
            const baseModel = options.modelFolder;
            await saveAdapter(written, { model: shape, attachment, value, initial, baseModel });
            const ours = await logitsOf(shape, attachment, values);
            const first = await logitsOf(shape, attachment, new Map());
            expect(largestDifference(ours, first), text).toBeGreaterThan(0.01);
            const out = join(folder, `logits-${index}.safetensors`);
            files.push(written, out);
            subjects.set(text, { out, ours });
          }
          const parameters = [LOGITS_SCRIPT, options.modelFolder, inputsFile, ...files];
          await promisify(execFile)(python ?? "", parameters);
        }, PYTHON_TIMEOUT_MS);

        it.each(cases)("gives our logits with $text", async ({ text }) => {
          const { out = "", ours = [] } = subjects.get(text) ?? {};
          const theirs = (await readTensors(out)).get("logits") ?? [];
          expect(largestDifference(ours, theirs)).toBeLessThan(LOGITS_TOLERANCE);
        });
      },
    );
  });
}

/** Values of everything that a run changes, away from the first ones. */
function randomlyMoved(
  model: ModelShape,
  attachment: MethodAttachment,
  base: BaseValues,
): ReadonlyMap<string, Float32Array> {
  const state = initialState(model, attachment, base, { seed: 0, accumulate: false });
  const stage = attachment.stages.at(-1) as MethodStage;
  const changed = attachment.stages.flatMap((each) => [
    ...trainableTensors(model, each),
    ...each.parameters.filter(({ changedByMethod }) => changedByMethod === true),
  ]);
  const inLastStage = new Set(
    [...trainableTensors(model, stage), ...stage.parameters].map(({ name }) => name),
  );
  const names = new Set(
    changed
      .map(({ name }) => name)
      // What a later stage adds has no first value, and is not part of the adapter.
      .filter((name) => inLastStage.has(name) && state.has(name)),
  );
  return new Map(
    [...names].map((name) => {
      const random = createRandom(1, name);
      const first = state.get(name)?.data as Float32Array;
      return [name, first.map((value) => value + 0.1 * random.normal())];
    }),
  );
}
