import { CheckpointError } from "./errors.ts";

// Python's pickle is a program for a small stack machine; https://docs.python.org/3/library/pickletools.html lists its
// instructions. This runs the ones that build plain data. A pickle can name any function of any Python module to be
// called: here a name means something only if the caller lists it, and what it then means is the caller's own code.

/** What a name of the form `module.name` stands for. */
export interface PickleGlobal {
  /** What a pickle may call it with; null for what is only named, such as a type. */
  readonly call: ((parameters: readonly unknown[]) => unknown) | null;
}

/** What the caller allows. */
export interface PickleContext {
  /** For messages. */
  readonly file: string;
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** Resolves what the pickle keeps outside itself; null refuses it. */
  readonly resolvePersistent: ((id: unknown) => unknown) | null;
}

/** The names of the opcodes that are understood, by their byte. */
const opcode = {
  mark: 0x28,
  stop: 0x2e,
  float: 0x47,
  int4: 0x4a,
  int1: 0x4b,
  int2: 0x4d,
  none: 0x4e,
  persistentId: 0x51,
  reduce: 0x52,
  shortString: 0x55,
  string: 0x54,
  unicode: 0x58,
  emptyList: 0x5d,
  append: 0x61,
  build: 0x62,
  global: 0x63,
  appends: 0x65,
  get: 0x68,
  longGet: 0x6a,
  put: 0x71,
  longPut: 0x72,
  setItem: 0x73,
  tuple: 0x74,
  setItems: 0x75,
  emptyDict: 0x7d,
  emptyTuple: 0x29,
  pop: 0x30,
  protocol: 0x80,
  tuple1: 0x85,
  tuple2: 0x86,
  tuple3: 0x87,
  true: 0x88,
  false: 0x89,
  long1: 0x8a,
  shortUnicode: 0x8c,
  unicode8: 0x8d,
  stackGlobal: 0x93,
  memoize: 0x94,
  frame: 0x95,
} as const;

const newestProtocol = 5;

/**
 * Reads a pickle without executing anything: tuples and lists become arrays, dictionaries `Map`s, whole numbers
 * `number` or, beyond its exact range, `bigint`.
 * @throws {CheckpointError} `refused-pickle` for a name that is not allowed or an instruction that could call one,
 *   `bad-pickle` for bytes that are no pickle
 */
export function readPickle(bytes: Uint8Array, context: PickleContext): unknown {
  const { file } = context;
  const cursor = openCursor(bytes, file);
  const allowed = new Set<unknown>(context.globals.values());
  const memo = new Map<number, unknown>();
  let stack: unknown[] = [];
  const marked: unknown[][] = [];

  const pop = (): unknown => {
    if (stack.length === 0)
      throw badPickle(file, "an instruction that takes from an empty stack", cursor.at());
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length === 0)
      throw badPickle(file, "an instruction that needs a value on the stack", cursor.at());
    return stack.at(-1);
  };
  const popToMark = (): unknown[] => {
    const outer = marked.pop();
    if (outer === undefined) throw badPickle(file, "an instruction that needs a mark", cursor.at());
    const items = stack;
    stack = outer;
    return items;
  };
  const popTuple = (length: number): unknown[] => {
    const items = Array.from({ length }, pop);
    return items.reverse();
  };
  const setItems = (target: unknown, items: readonly unknown[]): void => {
    if (!(target instanceof Map) || items.length % 2 !== 0) {
      throw badPickle(file, "entries for what is no dictionary", cursor.at());
    }
    for (let index = 0; index < items.length; index += 2) target.set(items[index], items[index + 1]);
  };
  const appendItems = (target: unknown, items: readonly unknown[]): void => {
    if (!Array.isArray(target)) throw badPickle(file, "items for what is no list", cursor.at());
    for (const item of items) target.push(item);
  };
  const recall = (index: number): unknown => {
    if (!memo.has(index))
      throw badPickle(file, `a reference to value ${index}, which is not there`, cursor.at());
    return memo.get(index);
  };
  const findGlobal = (module: unknown, name: unknown): PickleGlobal => {
    const found = context.globals.get(`${module}.${name}`);
    if (found === undefined) throw refused(file, `the name "${module}.${name}"`);
    return found;
  };

  while (true) {
    const code = cursor.u8();
    switch (code) {
      case opcode.protocol: {
        const protocol = cursor.u8();
        if (protocol > newestProtocol) throw badPickle(file, `pickle protocol ${protocol}`, cursor.at());
        break;
      }
      case opcode.frame:
        cursor.length8();
        break;
      case opcode.stop:
        return pop();
      case opcode.mark:
        marked.push(stack);
        stack = [];
        break;
      case opcode.pop:
        pop();
        break;
      case opcode.none:
        stack.push(null);
        break;
      case opcode.true:
        stack.push(true);
        break;
      case opcode.false:
        stack.push(false);
        break;
      case opcode.int1:
        stack.push(cursor.u8());
        break;
      case opcode.int2:
        stack.push(cursor.u16());
        break;
      case opcode.int4:
        stack.push(cursor.i32());
        break;
      case opcode.long1:
        stack.push(cursor.long(cursor.u8()));
        break;
      case opcode.float:
        stack.push(cursor.f64());
        break;
      case opcode.shortString:
      case opcode.shortUnicode:
        stack.push(cursor.text(cursor.u8()));
        break;
      case opcode.string:
      case opcode.unicode:
        stack.push(cursor.text(cursor.u32()));
        break;
      case opcode.unicode8:
        stack.push(cursor.text(cursor.length8()));
        break;
      case opcode.emptyTuple:
      case opcode.emptyList:
        stack.push([]);
        break;
      case opcode.emptyDict:
        stack.push(new Map());
        break;
      case opcode.tuple: {
        const items = popToMark();
        stack.push(items);
        break;
      }
      case opcode.tuple1:
      case opcode.tuple2:
      case opcode.tuple3:
        stack.push(popTuple(code - opcode.tuple1 + 1));
        break;
      case opcode.append: {
        const item = pop();
        appendItems(top(), [item]);
        break;
      }
      case opcode.appends: {
        const items = popToMark();
        appendItems(top(), items);
        break;
      }
      case opcode.setItem: {
        const items = popTuple(2);
        setItems(top(), items);
        break;
      }
      case opcode.setItems: {
        const items = popToMark();
        setItems(top(), items);
        break;
      }
      case opcode.put:
        memo.set(cursor.u8(), top());
        break;
      case opcode.longPut:
        memo.set(cursor.u32(), top());
        break;
      case opcode.memoize:
        memo.set(memo.size, top());
        break;
      case opcode.get:
        stack.push(recall(cursor.u8()));
        break;
      case opcode.longGet:
        stack.push(recall(cursor.u32()));
        break;
      case opcode.global: {
        const module = cursor.line();
        stack.push(findGlobal(module, cursor.line()));
        break;
      }
      case opcode.stackGlobal: {
        const [module, name] = popTuple(2);
        stack.push(findGlobal(module, name));
        break;
      }
      case opcode.reduce: {
        const [callee, parameters] = popTuple(2);
        const call = allowed.has(callee) ? (callee as PickleGlobal).call : null;
        if (call === null) throw refused(file, "a call of what cannot be called");
        if (!Array.isArray(parameters))
          throw badPickle(file, "a call without a tuple of parameters", cursor.at());
        stack.push(call(parameters));
        break;
      }
      case opcode.build:
        // The attributes of an object, such as a state dict's `_metadata`. They are read, and left out.
        pop();
        if (!(top() instanceof Map)) throw refused(file, "attributes for what is no dictionary");
        break;
      case opcode.persistentId: {
        if (context.resolvePersistent === null) throw refused(file, "a value kept outside the pickle");
        stack.push(context.resolvePersistent(pop()));
        break;
      }
      default:
        throw refused(file, `the instruction 0x${code.toString(16).padStart(2, "0")}`);
    }
  }
}

function openCursor(bytes: Uint8Array, file: string) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder("utf-8");
  let position = 0;
  const take = (length: number): number => {
    const start = position;
    if (start + length > bytes.byteLength)
      throw badPickle(file, "the end of the bytes in mid-instruction", start);
    position += length;
    return start;
  };
  const text = (length: number): string => {
    const start = take(length);
    return decoder.decode(bytes.subarray(start, start + length));
  };
  return {
    at: () => position,
    u8: () => view.getUint8(take(1)),
    u16: () => view.getUint16(take(2), true),
    u32: () => view.getUint32(take(4), true),
    i32: () => view.getInt32(take(4), true),
    /** Big-endian, unlike the rest. */
    f64: () => view.getFloat64(take(8), false),
    length8: () => Number(view.getBigUint64(take(8), true)),
    text,
    /** Text up to the end of the line. */
    line: (): string => {
      const end = bytes.indexOf(0x0a, position);
      if (end < 0) throw badPickle(file, "a name without an end", position);
      const value = text(end - position);
      take(1);
      return value;
    },
    /** A two's complement little-endian whole number of any length. */
    long: (length: number): number | bigint => {
      const start = take(length);
      let value = 0n;
      for (let index = length - 1; index >= 0; index--) {
        value = (value << 8n) | BigInt(bytes[start + index] as number);
      }
      value = BigInt.asIntN(length * 8, value);
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    },
  };
}

function refused(file: string, found: string): CheckpointError {
  return new CheckpointError({
    code: "refused-pickle",
    file,
    found: `${found} in its pickle`,
    expected: "only what rebuilds tensors",
    remedy:
      "Nothing in it was executed. If you trust its author, load it in PyTorch and save `model.state_dict()` alone, " +
      "best as safetensors.",
  });
}

function badPickle(file: string, found: string, position: number): CheckpointError {
  return new CheckpointError({
    code: "bad-pickle",
    file,
    found: `${found} (at byte ${position} of its pickle)`,
    expected: "a pickle as torch.save writes it",
    remedy: "The file is damaged; download it again.",
  });
}
