import { describe, expect, it } from "vitest";
import { parseHubReference } from "./reference.ts";

describe("parseHubReference", () => {
  it("reads a name and a revision", () => {
    expect(parseHubReference("model", "hf:bert-base-uncased")).toEqual({
      ...{ kind: "model", name: "bert-base-uncased", revision: "main" },
    });
    expect(parseHubReference("dataset", "hf:org/a.b-c@refs/pr/1")).toEqual({
      ...{ kind: "dataset", name: "org/a.b-c", revision: "refs/pr/1" },
    });
  });

  it.each(["org/name", "hf:", "hf:a/b/c", "hf:../x", "hf:a/b@", "hf:a/b@x@y", "hf:a/b@..", "hf:a b"])(
    "refuses %s",
    (text) => {
      expect(() => parseHubReference("model", text)).toThrow(/hf:organization\/name@revision/);
    },
  );
});
