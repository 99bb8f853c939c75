import * as ort from "onnxruntime-node";
import { OutOfMemoryError, RuntimeError } from "../../errors.ts";
import type { OnnxModel } from "./onnxModel.ts";
import { encodeOnnxModel } from "./onnxModel.ts";

export interface SessionOptions {
  /** Threads inside an op; null leaves the choice to ONNX Runtime (one a core). */
  readonly threads: number | null;
  /** File name prefix for ONNX Runtime's profile; null for none. */
  readonly profilePrefix: string | null;
}

/** Opens an ONNX Runtime session with the settings that suit one training step run many times. */
export async function openSession(model: OnnxModel, options: SessionOptions): Promise<ort.InferenceSession> {
  const encoded = encodeOnnxModel(model);
  try {
    return await ort.InferenceSession.create(encoded, {
      ...(options.threads === null ? {} : { intraOpNumThreads: options.threads }),
      interOpNumThreads: 1,
      executionMode: "sequential",
      // Memory patterns keep one arena block as large as all that ever lived: far more memory for no speed.
      enableMemPattern: false,
      enableCpuMemArena: true,
      logSeverityLevel: 3,
      ...(options.profilePrefix === null
        ? {}
        : { enableProfiling: true, profileFilePrefix: options.profilePrefix }),
    });
  } catch (error) {
    throw translate(error, "compile", encoded.length);
  }
}

/** Frees a session; a profiled one writes its profile first. */
export async function closeSession(session: ort.InferenceSession, profiled: boolean): Promise<void> {
  if (profiled) session.endProfiling();
  await session.release();
}

export async function runSession(
  session: ort.InferenceSession,
  feeds: Readonly<Record<string, ort.Tensor>>,
  requestedBytes: number,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  try {
    return await session.run(feeds);
  } catch (error) {
    throw translate(error, "run", requestedBytes);
  }
}

function translate(error: unknown, doing: "compile" | "run", bytes: number): RuntimeError {
  const message = error instanceof Error ? error.message : String(error);
  if (/bad_alloc|failed to allocate|out of memory/i.test(message)) {
    return new OutOfMemoryError(
      `ONNX Runtime's ${doing} of the graph`,
      bytes,
      null,
      "Lower the batch size or length.",
    );
  }
  if (/indices element out of data bounds/i.test(message)) {
    return new RuntimeError(
      `An index lies outside its table: ${message}`,
      "Check that the tokenizer fits the model.",
    );
  }
  return new RuntimeError(`ONNX Runtime could not ${doing} the graph: ${message}`);
}
