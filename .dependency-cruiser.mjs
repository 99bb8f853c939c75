/**
 * Which package may import which. Imports point one way only; `docs/architecture.md` says why.
 * Run by `pnpm check:layers`; `scripts/layers.test.ts` proves that it catches what it is there to catch. Cycles among
 * the files of one package are Biome's `noImportCycles`, which lets type-only imports (erased, never loaded) pass.
 *
 * `methods/*` stands for every single method package, `methods` for the index that lists them. Only that index
 * names single methods, and only the command line names the index: harness, models, tasks and report never do.
 */
const mayImport = {
  runtime: [],
  models: ["runtime"],
  peft: ["runtime", "models"],
  "methods/*": ["runtime", "peft"],
  methods: ["peft", "methods/*"],
  tasks: ["runtime", "models", "peft"],
  harness: ["runtime", "models", "peft", "tasks"],
  report: ["runtime", "models", "peft", "tasks", "harness"],
  cli: ["runtime", "models", "peft", "methods", "tasks", "harness", "report"],
};

/** Tests of these packages may run a real method; they lie to the right of the methods, so no cycle can come of it. */
const testsMayImportMethods = ["tasks", "harness", "report", "cli"];

const testFile = "[.]test[.]ts$";

/** @param {string} layer */
const folderPattern = (layer) => {
  if (layer === "methods/*") return "^packages/methods/(?!src/)[^/]+/";
  if (layer === "methods") return "^packages/methods/(src/|[^/]+$)";
  return `^packages/${layer}/`;
};

/** @param {string} layer @param {readonly string[]} allowed @param {object} from */
const layerRule = (layer, allowed, from) => ({
  severity: "error",
  comment: `${layer} may import ${allowed.length > 0 ? `only ${allowed.join(", ")}` : "no other package"}.`,
  from: { path: folderPattern(layer), ...from },
  to: { path: "^packages/", pathNot: [folderPattern(layer), ...allowed.map(folderPattern)] },
});

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(mayImport).map(([layer, allowed]) => ({
      name: `layer-${layer}`,
      ...layerRule(layer, allowed, testsMayImportMethods.includes(layer) ? { pathNot: testFile } : {}),
    })),
    ...testsMayImportMethods.map((layer) => ({
      name: `layer-${layer}-tests`,
      ...layerRule(layer, [...mayImport[layer], "methods", "methods/*"], {
        path: `${folderPattern(layer)}.*${testFile}`,
      }),
    })),
    {
      name: "one-method-imports-no-other",
      severity: "error",
      comment: "A method package stands alone; what two methods share belongs in peft.",
      from: { path: "^packages/methods/(?!src/)([^/]+)/" },
      to: { path: "^packages/methods/", pathNot: "^packages/methods/$1/" },
    },
    {
      name: "package-without-layer",
      severity: "error",
      comment: "A new package needs a row in the table above, or nothing holds it to an order.",
      from: { path: "^packages/", pathNot: Object.keys(mayImport).map(folderPattern) },
      to: {},
    },
    {
      name: "other-packages-by-name",
      severity: "error",
      comment: "Write @peftbench/<name>: what a package does not export is its own affair.",
      from: { path: "^packages/(methods/(?!src/)[^/]+|[^/]+)/" },
      to: { path: "^packages/", pathNot: "^packages/$1/", dependencyTypes: ["local"] },
    },
    {
      name: "examples-import-as-methods",
      severity: "error",
      comment: "An example is a method that is not among the packages yet: it may import what they may.",
      from: { path: "^examples/" },
      to: { path: "^packages/", pathNot: mayImport["methods/*"].map(folderPattern) },
    },
    {
      name: "packages-import-packages-only",
      severity: "error",
      comment: "Suites, examples and scripts use the packages, never the other way round.",
      from: { path: "^packages/" },
      to: { path: "^(benchmarks|examples|scripts|datasets|results)/" },
    },
    {
      name: "resolvable",
      severity: "error",
      comment: "An import that leads nowhere would slip past every rule above.",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "sources-import-no-test",
      severity: "error",
      comment: "Tests may use anything, so nothing may use tests.",
      from: { pathNot: testFile },
      to: { path: testFile },
    },
  ],
  options: {
    parser: "swc",
    // Type-only imports count: a package that needs another's types depends on it.
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(node_modules|fixtures)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
