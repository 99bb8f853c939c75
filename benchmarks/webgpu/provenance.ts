import type { AdapterDescription } from "@peftbench/runtime";
import type { HostProvenance } from "../hostProvenance.ts";
import { hostProvenance } from "../hostProvenance.ts";

/** What a result on WebGPU was made with. */
export interface Provenance extends HostProvenance {
  readonly adapter: string;
  readonly driver: string;
  readonly backend: string;
}

export async function provenanceOf({ name, driver, backend }: AdapterDescription): Promise<Provenance> {
  return { ...(await hostProvenance()), adapter: name, driver, backend };
}
