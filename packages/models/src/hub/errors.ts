/** What went wrong with the hub, as a word that a program can branch on. */
export type HubErrorCode =
  | "bad-reference"
  | "bad-settings"
  | "not-found"
  | "unauthorized"
  | "unreachable"
  | "bad-answer"
  | "wrong-checksum"
  | "cannot-write"
  | "offline";

export interface HubErrorDetails {
  readonly code: HubErrorCode;
  /** The address, or the repository with its revision. Never with a query: those of storage servers are secrets. */
  readonly place: string;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
}

/** Something of the hub that cannot be had: says where, what was found, what was expected and what to do. */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly code: HubErrorCode;
  readonly place: string;

  constructor(details: HubErrorDetails) {
    super(`${details.place}: found ${details.found}; expected ${details.expected}. ${details.remedy}`);
    this.code = details.code;
    this.place = details.place;
  }
}
