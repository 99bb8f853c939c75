import type { HostTensor } from "@peftbench/runtime";
import { elementCount } from "@peftbench/runtime";
import { mergedParameters } from "../index.ts";
import { largestDifference } from "../parity/differences.ts";
import type { Check } from "./check.ts";
import { assertThat, sameBits } from "./check.ts";
import { attachedRun, bareLogits, batch, reader, trainAll } from "./subject.ts";

const MERGE_TOLERANCE = 1e-5;

/** What a method may do to the function that the model computes. */
export const functionChecks: readonly Check[] = [
  {
    name: "leaves the model's output as it is before the first step",
    usesExecutor: true,
    run: async (subject) => {
      const { run, model, base } = await attachedRun(subject);
      const expected = await bareLogits(subject, model, dataOf(base));
      const difference = largestDifference(await run.logits(batch), expected);
      await run.dispose();
      const { stepZeroTolerance } = subject.options;
      assertThat(
        difference <= stepZeroTolerance,
        `Before training, logits differ from the bare model's by ${difference}; ${stepZeroTolerance} is allowed.`,
      );
    },
  },
  {
    name: "gives the same output merged into the model's weights as beside them",
    usesExecutor: true,
    run: async (subject) => {
      const attached = await attachedRun(subject);
      const { run, model, attachment } = attached;
      const before = await run.logits(batch);
      await trainAll(attached, subject);
      const trained = await run.logits(batch);
      const values = await run.values();
      await run.dispose();
      assertThat(largestDifference(trained, before) > 0.01, "Training changed next to nothing.");
      const merged = await bareLogits(subject, model, mergedParameters(model, attachment, reader(values)));
      const difference = largestDifference(trained, merged);
      assertThat(
        difference <= MERGE_TOLERANCE,
        `Merged, logits differ by ${difference} from those of the adapter; ${MERGE_TOLERANCE} is allowed.`,
      );
    },
  },
  {
    name: "comes back from the PEFT format with the same output",
    usesExecutor: true,
    run: async (subject) => {
      const attached = await attachedRun(subject);
      const { run, attachment } = attached;
      const initial = await run.values();
      await trainAll(attached, subject);
      const trained = await run.logits(batch);
      const adapter = attachment.toPeft(reader(await run.values()), reader(initial));
      assertThat(
        (adapter !== null) === subject.options.savesAsPeft,
        `savesAsPeft is ${subject.options.savesAsPeft}, but toPeft gives ${adapter === null ? "null" : "an adapter"}.`,
      );
      if (adapter !== null) {
        for (const { name, shape } of run.stage().parameters) {
          await run.write(name, new Float32Array(elementCount(shape)));
        }
        for (const [name, values] of attachment.fromPeft(adapter, reader(initial)))
          await run.write(name, values);
        const again = await run.logits(batch);
        const tolerance = subject.options.roundTripTolerance ?? 0;
        const difference = sameBits(trained, again) ? 0 : largestDifference(trained, again);
        assertThat(
          difference <= tolerance,
          `Logits differ by ${difference} after toPeft and fromPeft; ${tolerance} is allowed.`,
        );
      }
      await run.dispose();
    },
  },
];

function dataOf(base: ReadonlyMap<string, HostTensor>): ReadonlyMap<string, Float32Array> {
  return new Map([...base].map(([name, { data }]) => [name, data as Float32Array] as const));
}
