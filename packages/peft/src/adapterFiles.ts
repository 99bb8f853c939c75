import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ParameterDeclaration, TensorToWrite } from "@peftbench/models";
import { openFile, openSafetensors, writeSafetensors } from "@peftbench/models";
import type { Shape } from "@peftbench/runtime";
import { adapterValues } from "./adapterTensors.ts";
import { MethodError } from "./errors.ts";
import type { MethodAttachment, PeftAdapter } from "./method.ts";
import type { ModelShape } from "./modelGraph.ts";

const CONFIG_FILE = "adapter_config.json";
const TENSOR_FILE = "adapter_model.safetensors";
/** What PEFT puts before the name of every tensor. */
const PREFIX = "base_model.model.";

export interface SaveAdapterOptions {
  readonly model: ModelShape;
  readonly attachment: MethodAttachment;
  /** Present value of a parameter, of the stage's tensors and of the head. */
  readonly value: (name: string) => Float32Array;
  /** Values of the method's tensors at step 0, for methods whose file needs them (`initialState` makes them again). */
  readonly initial?: (name: string) => Float32Array;
  /** The base model's name or folder, for whoever loads the adapter. */
  readonly baseModel: string;
}

/**
 * Writes an adapter and the head that was trained with it as a folder that Hugging Face PEFT loads with
 * `PeftModel.from_pretrained`: adapter_config.json and adapter_model.safetensors. Makes the folder if need be.
 *
 * @throws MethodError if PEFT has no format for the method.
 */
export async function saveAdapter(folder: string, options: SaveAdapterOptions): Promise<void> {
  const { model, attachment, value, initial = refuseInitial, baseModel } = options;
  const adapter = attachment.toPeft(value, initial);
  if (adapter === null) {
    throw new MethodError("Hugging Face PEFT has no format for this method; save the merged model instead.");
  }
  const head = headParameters(model);
  const config = {
    ...adapter.config,
    base_model_name_or_path: baseModel,
    task_type: "SEQ_CLS",
    modules_to_save: head.length === 0 ? null : [...new Set(head.map(savedModuleOf))],
    inference_mode: true,
  };
  const tensors = [
    ...head.map(({ name, shape }) => toWrite(name, shape, value(name))),
    ...[...adapter.tensors].map(([name, { shape, values }]) => toWrite(name, shape, values)),
  ];
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, TENSOR_FILE), tensors, { format: "pt" });
  await writeFile(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
}

function refuseInitial(name: string): never {
  throw new MethodError(`This method's file needs the first value of ${name}: give \`initial\`.`);
}

export interface LoadedAdapter {
  /** Values of the stage's tensors and of the head, by name. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Name or folder of the model that the adapter was made for, as the folder gives it. */
  readonly baseModel: string | null;
}

/**
 * Reads an adapter folder of Hugging Face PEFT for a method that is attached to a model.
 *
 * @param initial values of the method's tensors at step 0, for methods whose files are read by them
 * @throws MethodError if a file is missing, or the adapter is not one of this method, configuration and model: names
 * what is missing, unexpected or of another shape. CheckpointError if the tensor file is damaged.
 */
export async function loadAdapter(
  folder: string,
  model: ModelShape,
  attachment: MethodAttachment,
  initial: (name: string) => Float32Array = refuseInitial,
): Promise<LoadedAdapter> {
  const { config, tensors } = await readAdapter(folder);
  const head = headParameters(model);
  const headNames = new Set(head.map(({ name }) => name));
  const [ofHead, ofMethod] = [new Map<string, Tensor>(), new Map<string, Tensor>()];
  for (const [name, tensor] of tensors) (headNames.has(name) ? ofHead : ofMethod).set(name, tensor);
  const baseModel = config.base_model_name_or_path;
  return {
    values: new Map([
      ...attachment.fromPeft({ config, tensors: ofMethod }, initial),
      ...adapterValues({ config, tensors: ofHead }, head),
    ]),
    baseModel: typeof baseModel === "string" ? baseModel : null,
  };
}

type Tensor = { readonly shape: Shape; readonly values: Float32Array };

async function readAdapter(folder: string): Promise<PeftAdapter> {
  const config = parseConfig(folder, await orMissing(folder, CONFIG_FILE, readText));
  const source = await orMissing(folder, TENSOR_FILE, openFile);
  try {
    const file = await openSafetensors(source);
    const tensors = new Map<string, Tensor>();
    for (const [key, { shape }] of file.tensors) {
      if (!key.startsWith(PREFIX)) {
        throw new MethodError(
          `${join(folder, TENSOR_FILE)} has a tensor ${key}; names of PEFT begin with ${PREFIX}.`,
        );
      }
      tensors.set(key.slice(PREFIX.length), { shape, values: await file.readFloat32(key) });
    }
    return { config, tensors };
  } finally {
    await source.close();
  }
}

const readText = (path: string): Promise<string> => readFile(path, "utf8");

async function orMissing<Result>(
  folder: string,
  file: string,
  open: (path: string) => Promise<Result>,
): Promise<Result> {
  try {
    return await open(join(folder, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new MethodError(
      `${join(folder, file)} is missing. An adapter folder of Hugging Face PEFT holds ${CONFIG_FILE} and ${TENSOR_FILE} ` +
        "(older ones have adapter_model.bin: load it in PEFT and save it again).",
    );
  }
}

function parseConfig(folder: string, text: string): Readonly<Record<string, unknown>> {
  const where = join(folder, CONFIG_FILE);
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw new MethodError(`${where} is not JSON: ${(error as Error).message}.`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new MethodError(`${where} holds ${JSON.stringify(config).slice(0, 40)}; an object is needed.`);
  }
  return config as Record<string, unknown>;
}

/** What trains with the head, with its shape. */
function headParameters({ architecture, config, head, headParameters: names }: ModelShape) {
  return architecture.parameters(config, head).filter(({ name }) => names.has(name));
}

/** PEFT takes a head as a whole, of however many layers it is made; what else trains with it by its own module. */
function savedModuleOf({ name, role }: ParameterDeclaration): string {
  return name.slice(0, role === "head" ? name.indexOf(".") : name.lastIndexOf("."));
}

function toWrite(name: string, shape: Shape, data: Float32Array): TensorToWrite {
  return { name: `${PREFIX}${name}`, dtype: "F32", shape, data };
}
