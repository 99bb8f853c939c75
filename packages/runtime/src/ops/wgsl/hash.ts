import { HASH_MULTIPLIERS } from "../../random/counterHash.ts";

/** `hashU32` as the WGSL function `name`, of one u32, of a vector of them, or of an alias of either. */
export function hashFunction(name: string, type: "u32" | "vec4<u32>" | "U"): string {
  return `
fn ${name}(value: ${type}) -> ${type} {
  var hash = value ^ (value >> ${type}(16u));
  hash *= ${type}(${HASH_MULTIPLIERS[0]}u);
  hash ^= hash >> ${type}(15u);
  hash *= ${type}(${HASH_MULTIPLIERS[1]}u);
  return hash ^ (hash >> ${type}(16u));
}
`;
}
