import type { ByteSource } from "./byteSource.ts";
import { refuseGitLfsPointer } from "./byteSource.ts";
import type { Dtype, TensorInfo } from "./dtypes.ts";
import { bytesPerElement, decodeFloat32, elementCount } from "./dtypes.ts";
import { CheckpointError } from "./errors.ts";
import type { PickleGlobal } from "./pickle.ts";
import { readPickle } from "./pickle.ts";
import type { TensorFile } from "./safetensors.ts";
import { findTensor } from "./safetensors.ts";
import { isContiguous, lastElement, rowMajor } from "./strides.ts";
import type { ZipEntry } from "./zip.ts";
import { openZip } from "./zip.ts";

// What torch.save writes since PyTorch 1.6: a zip archive with one folder, in it `data.pkl` (the pickled dictionary,
// whose tensors refer to storages by key) and `data/<key>` (a storage's little-endian elements, uncompressed).

/** A run of elements that one or more tensors look at. */
interface Storage {
  readonly key: string;
  readonly dtype: Dtype;
  readonly elements: number;
}

/** A tensor's window on its storage; offset and strides in elements. */
interface TensorView {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

interface NamedView extends TensorInfo, TensorView {}

/** A storage type is only ever named, as part of a storage's description. */
interface StorageType extends PickleGlobal {
  readonly call: null;
  readonly dtype: Dtype;
}

const storageTypes: Readonly<Record<string, Dtype>> = {
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  DoubleStorage: "F64",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/**
 * Reads which tensors a torch state dict holds, without executing anything in it: its pickle may only name the
 * functions that rebuild tensors, and this file's own code stands for those. Closing the source stays with the caller.
 * @throws {CheckpointError} `refused-pickle`, `bad-pickle`, `bad-archive`, `legacy-format`, `git-lfs-pointer`
 */
export async function openTorchBin(source: ByteSource): Promise<TensorFile> {
  await refuseGitLfsPointer(source);
  await refuseOtherFormats(source);
  const entries = await openZip(source);
  const pickle = findPickle(source, entries);
  const folder = pickle.name.slice(0, -"data.pkl".length);
  await refuseBigEndian(source, entries.get(`${folder}byteorder`));
  const tensors = namedViews(
    source.name,
    readPickle(await pickle.read(0, pickle.byteLength), {
      file: source.name,
      globals: allowedGlobals(source.name),
      resolvePersistent: (id) => readStorageId(source.name, id),
    }),
  );
  for (const view of tensors.values())
    checkView(source.name, view, entries.get(`${folder}data/${view.storage.key}`));
  return {
    tensors,
    readFloat32: async (name) => {
      const view = findTensor(tensors, name, source.name);
      const entry = entries.get(`${folder}data/${view.storage.key}`) as ZipEntry;
      const elementBytes = bytesPerElement[view.dtype];
      if (elementCount(view.shape) === 0) return new Float32Array(0);
      const elements = lastElement(view.shape, view.strides) + 1;
      const bytes = await entry.read(view.offset * elementBytes, elements * elementBytes);
      const values = decodeFloat32(bytes, view.dtype);
      return isContiguous(view.shape, view.strides) ? values : rowMajor(values, view.shape, view.strides);
    },
  };
}

async function refuseOtherFormats(source: ByteSource): Promise<void> {
  const [first, second] = await source.read(0, Math.min(2, source.byteLength));
  if (first === 0x50 && second === 0x4b) return;
  if (first === 0x80) {
    throw new CheckpointError({
      code: "legacy-format",
      file: source.name,
      found: "the format that torch.save wrote before PyTorch 1.6 (a bare pickle)",
      expected: "a zip archive",
      remedy:
        "Convert it once: `python -c \"import sys, torch; torch.save(torch.load(sys.argv[1], map_location='cpu', " +
        `weights_only=True), sys.argv[2])" ${source.name} pytorch_model.bin\`, into another folder.`,
    });
  }
  throw new CheckpointError({
    code: source.byteLength < 2 ? "cut-off" : "bad-archive",
    file: source.name,
    found: `${source.byteLength} bytes that do not begin like a zip archive`,
    expected: "a file that torch.save wrote",
    remedy: "Download it again.",
  });
}

function findPickle(source: ByteSource, entries: ReadonlyMap<string, ZipEntry>): ZipEntry {
  const found = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = found;
  const isTorchScript = [...entries.keys()].some((name) => /^[^/]+\/(code\/|constants\.pkl$)/.test(name));
  if (pickle !== undefined && found.length === 1 && !isTorchScript) return pickle;
  throw new CheckpointError({
    code: "bad-archive",
    file: source.name,
    found: isTorchScript ? "a TorchScript program" : `an archive with ${found.length} data.pkl`,
    expected: "a state dict as torch.save writes it, with one data.pkl",
    remedy: "Save `model.state_dict()`, best as safetensors.",
  });
}

async function refuseBigEndian(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return;
  const order = new TextDecoder().decode(await entry.read(0, entry.byteLength));
  if (order.trim() === "little") return;
  throw new CheckpointError({
    code: "bad-archive",
    file: source.name,
    found: `byte order ${JSON.stringify(order)}`,
    expected: '"little"',
    remedy: "Load it and save it again on a little-endian machine.",
  });
}

function allowedGlobals(file: string): ReadonlyMap<string, PickleGlobal> {
  const globals = new Map<string, PickleGlobal>([
    ["collections.OrderedDict", { call: (parameters) => new Map(orderedDictItems(file, parameters)) }],
    ["torch._utils._rebuild_tensor_v2", { call: (parameters) => rebuildTensor(file, parameters) }],
    ["torch._utils._rebuild_parameter", { call: (parameters) => rebuildParameter(file, parameters) }],
  ]);
  for (const [name, dtype] of Object.entries(storageTypes)) {
    const storageType: StorageType = { call: null, dtype };
    globals.set(`torch.${name}`, storageType);
  }
  return globals;
}

function orderedDictItems(
  file: string,
  parameters: readonly unknown[],
): readonly (readonly [unknown, unknown])[] {
  const items = parameters[0] ?? [];
  if (Array.isArray(items) && items.every((item) => Array.isArray(item) && item.length === 2)) return items;
  throw badDescription(file, "an OrderedDict of what are no pairs");
}

/** The id is ("storage", type, key, device, number of elements). */
function readStorageId(file: string, id: unknown): Storage {
  const [kind, type, key, , elements] = Array.isArray(id) ? id : [];
  const dtype =
    typeof type === "object" && type !== null && "dtype" in type ? (type as StorageType).dtype : null;
  if (kind !== "storage" || dtype === null || typeof key !== "string" || !isSize(elements)) {
    throw badDescription(file, "a storage description that is not understood");
  }
  return { key, dtype, elements };
}

/** Parameters: storage, offset, shape, strides, requires_grad, backward hooks, and in newer versions metadata. */
function rebuildTensor(file: string, parameters: readonly unknown[]): TensorView {
  const [storage, offset, shape, strides] = parameters;
  if (!isStorage(storage) || !isSize(offset) || !isSizes(shape) || !isSizes(strides)) {
    throw badDescription(file, "a tensor description that is not understood");
  }
  if (shape.length !== strides.length) {
    throw badDescription(file, `a tensor with ${shape.length} sizes and ${strides.length} strides`);
  }
  return { storage, offset, shape, strides };
}

/** Parameters: the tensor, requires_grad, backward hooks. */
function rebuildParameter(file: string, parameters: readonly unknown[]): TensorView {
  const [tensor] = parameters;
  if (!isTensorView(tensor)) throw badDescription(file, "a parameter that is no tensor");
  return tensor;
}

function namedViews(file: string, value: unknown): ReadonlyMap<string, NamedView> {
  if (!(value instanceof Map)) throw badDescription(file, "something else than a dictionary of tensors");
  const tensors = new Map<string, NamedView>();
  for (const [name, view] of value as ReadonlyMap<unknown, unknown>) {
    if (typeof name !== "string" || !isTensorView(view)) {
      throw badDescription(file, `an entry ${JSON.stringify(String(name))} that is no tensor`);
    }
    tensors.set(name, { ...view, name, dtype: view.storage.dtype });
  }
  return tensors;
}

function checkView(file: string, view: NamedView, entry: ZipEntry | undefined): void {
  const { storage, name, offset } = view;
  const fail = (found: string, expected: string): CheckpointError =>
    new CheckpointError({
      code: "bad-archive",
      file,
      found: `${found} for tensor ${JSON.stringify(name)}`,
      expected,
      remedy: "The file is damaged; download it again.",
    });
  if (entry === undefined) throw fail(`no data/${storage.key}`, "the storage's bytes");
  const storageBytes = storage.elements * bytesPerElement[storage.dtype];
  if (entry.byteLength < storageBytes) {
    throw fail(`${entry.byteLength} bytes in data/${storage.key}`, `${storageBytes}`);
  }
  if (elementCount(view.shape) === 0) return;
  const needed = offset + lastElement(view.shape, view.strides) + 1;
  if (needed > storage.elements) {
    throw fail(`${storage.elements} elements in data/${storage.key}`, `at least ${needed}`);
  }
}

function badDescription(file: string, found: string): CheckpointError {
  return new CheckpointError({
    code: "bad-pickle",
    file,
    found,
    expected: "a state dict: a dictionary from names to tensors",
    remedy: "Save `model.state_dict()` and nothing else.",
  });
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isSize);
}

function isStorage(value: unknown): value is Storage {
  return typeof value === "object" && value !== null && "key" in value && "elements" in value;
}

function isTensorView(value: unknown): value is TensorView {
  return typeof value === "object" && value !== null && "storage" in value && "strides" in value;
}
