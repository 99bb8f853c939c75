import type { KernelBinding, KernelDispatch, KernelUniform, WgslElement } from "../../ops/kernel.ts";
import type { Location } from "./locations.ts";
import { locationKey } from "./locations.ts";

/** One buffer binding of a dispatch, in the order of its `@binding` numbers. */
export interface BoundLocation {
  readonly location: Location;
  readonly isWritable: boolean;
}

export interface ComposedShader {
  readonly wgsl: string;
  readonly bindings: readonly BoundLocation[];
}

/**
 * Writes the declarations that a kernel leaves to the executor. WebGPU refuses one buffer that is bound read-only and
 * read-write in one dispatch, and overlapping read-write bindings; so everything in the arena and in scratch memory is
 * bound read-write, parameters and constants read-only unless the dispatch writes them, and operands that show the same
 * bytes share one binding: their names are replaced by the first one's.
 *
 * @param locate the bytes of each binding of the kernel, in order
 * @param isHalf whether a binding's bytes are f16: the array is then declared so, and each read of it converted
 * @returns null if operands that show the same bytes see them as different element types
 */
export function composeShader(
  { wgsl, bindings, uniforms }: KernelDispatch,
  locate: (binding: KernelBinding) => Location,
  isHalf: (binding: KernelBinding) => boolean = () => false,
): ComposedShader | null {
  const groups = new Map<string, { readonly location: Location; readonly members: KernelBinding[] }>();
  for (const binding of bindings) {
    const location = locate(binding);
    const key = locationKey(location);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { location, members: [binding] });
    else group.members.push(binding);
  }
  const declarations: string[] = [];
  const bound: BoundLocation[] = [];
  let body = wgsl;
  let usesHalf = false;
  for (const { location, members } of groups.values()) {
    const [first, ...others] = members as [KernelBinding, ...KernelBinding[]];
    if (others.some(({ elements }) => elements !== first.elements)) return null;
    for (const { name } of others) body = renameIdentifier(body, name, first.name);
    let elements: string = first.elements;
    if (isHalf(first)) {
      // Only frozen parameters are stored so: nothing writes them, and no other operand shows their bytes.
      body = convertReads(body, first.name, first.elements);
      elements = elements.replace("f32", "f16");
      usesHalf = true;
    }
    const inBuffersOfItsOwn = location.kind === "parameter" || location.kind === "constant";
    const isWritable = !inBuffersOfItsOwn || members.some(({ operand }) => operand.kind === "output");
    declarations.push(
      `@group(0) @binding(${bound.length}) var<storage, ${isWritable ? "read_write" : "read"}> ` +
        `${first.name}: array<${elements}>;`,
    );
    bound.push({ location, isWritable });
  }
  if (uniforms.length > 0) {
    declarations.push(
      `struct Uniforms { ${uniforms.map(({ name, type }) => `${name}: ${type}`).join(", ")} }`,
      `@group(0) @binding(${bound.length}) var<uniform> u: Uniforms;`,
    );
  }
  if (usesHalf) body = `enable f16;\n${body}`;
  return { wgsl: withDeclarations(body, declarations), bindings: bound };
}

/** The uniform block's bytes; null without uniforms. */
export function uniformBytes(uniforms: readonly KernelUniform[]): Uint32Array | null {
  if (uniforms.length === 0) return null;
  // A block's size is a multiple of 16.
  const words = new Uint32Array(Math.ceil(uniforms.length / 4) * 4);
  const floats = new Float32Array(words.buffer);
  uniforms.forEach(({ type, value }, index) => {
    if (type === "u32") words[index] = value;
    else floats[index] = value;
  });
  return words;
}

/** Not after a dot: there a name is a swizzle or a member. */
function renameIdentifier(wgsl: string, from: string, to: string): string {
  return wgsl.replaceAll(new RegExp(`(?<!\\.)\\b${from}\\b`, "g"), to);
}

/** Every `name[index]` as `elements(name[index])`; the index may hold brackets of its own. */
function convertReads(wgsl: string, name: string, elements: WgslElement): string {
  const start = new RegExp(`(?<!\\.)\\b${name}\\[`, "g");
  let converted = "";
  let done = 0;
  for (let match = start.exec(wgsl); match !== null; match = start.exec(wgsl)) {
    let end = start.lastIndex;
    for (let depth = 1; depth > 0; end++) depth += wgsl[end] === "[" ? 1 : wgsl[end] === "]" ? -1 : 0;
    converted += `${wgsl.slice(done, match.index)}${elements}(${wgsl.slice(match.index, end)})`;
    done = end;
    start.lastIndex = end;
  }
  return converted + wgsl.slice(done);
}

/** `enable` directives must come before any declaration. */
function withDeclarations(wgsl: string, declarations: readonly string[]): string {
  const directives = /^(?:enable [^;]*;\n)*/.exec(wgsl)?.[0] ?? "";
  return `${directives}${declarations.join("\n")}\n\n${wgsl.slice(directives.length)}`;
}
