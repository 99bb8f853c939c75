/** What stands behind a device, as results and `doctor` record it. */
export interface AdapterDescription {
  /** The name a person knows it by: the driver's description, or its vendor and architecture. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** The driver's own description of device and version. */
  readonly driver: string;
  /** What implements WebGPU: npm's Dawn, the runtime itself, or an object that the caller gave. */
  readonly backend: "dawn" | "runtime" | "given";
  /** Shaders run on the CPU: right answers, but timings that say nothing of a GPU. */
  readonly isSoftware: boolean;
  /** Lanes of a subgroup, null where the adapter has no subgroups. */
  readonly subgroupSizes: { readonly min: number; readonly max: number } | null;
  /** The optional features that the device was opened with. */
  readonly features: readonly string[];
  /** Whether shaders clamp every index (Dawn's "robustness"); null where the backend does not tell. */
  readonly robustness: boolean | null;
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i;

/** Drivers are not of one mind about the standard's flag, so known names of software adapters count as well. */
export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  return (
    info.isFallbackAdapter ||
    softwareNames.test(`${info.vendor} ${info.architecture} ${info.device} ${info.description}`)
  );
}

export function describeAdapter(
  info: GPUAdapterInfo,
  features: readonly string[],
  backend: AdapterDescription["backend"],
  robustness: boolean | null,
): AdapterDescription {
  const name = [info.device, info.description, `${info.vendor} ${info.architecture}`.trim()].find(
    // wgpu gives PCI numbers where others give names.
    (candidate) => candidate !== "" && !/^\d+$/.test(candidate),
  );
  const { subgroupMinSize: min, subgroupMaxSize: max } = info;
  return {
    name: name ?? "unnamed adapter",
    vendor: info.vendor,
    architecture: info.architecture,
    driver: info.description,
    backend,
    isSoftware: isSoftwareAdapter(info),
    subgroupSizes:
      features.includes("subgroups") && min !== undefined && max !== undefined ? { min, max } : null,
    features,
    robustness,
  };
}
