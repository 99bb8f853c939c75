import { HubError } from "./errors.ts";

export type HubRepositoryKind = "model" | "dataset";

/** A repository of the hub at a revision. */
export interface HubReference {
  readonly kind: HubRepositoryKind;
  /** `organization/name`, or a name alone for the oldest models. */
  readonly name: string;
  /** A branch, a tag or a commit, whose 40 hexadecimal digits are the only revision that never changes. */
  readonly revision: string;
}

const PREFIX = "hf:";
const NAME = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;
const REVISION = /^[\w][\w./-]*$/;

/** Whether somebody means the hub by a text, and not a folder. */
export function isHubReference(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * Reads `hf:organization/name@revision`; without a revision it is `main`.
 * @throws {HubError} `bad-reference`
 */
export function parseHubReference(kind: HubRepositoryKind, text: string): HubReference {
  const [name = "", revision = "main", ...rest] = text.slice(PREFIX.length).split("@");
  const isGood =
    isHubReference(text) &&
    rest.length === 0 &&
    NAME.test(name) &&
    REVISION.test(revision) &&
    !`${name}/${revision}`.includes("..");
  if (isGood) return { kind, name, revision };
  throw new HubError({
    code: "bad-reference",
    place: JSON.stringify(text),
    found: "no repository of the hub",
    expected: "hf:organization/name, or hf:organization/name@revision",
    remedy: "A revision is a branch, a tag or a commit.",
  });
}

/** `organization/name@revision`. */
export function describeReference({ name, revision }: HubReference): string {
  return `${name}@${revision}`;
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
