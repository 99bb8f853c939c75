import { describe, expect, it } from "vitest";
import { installHint } from "./installHints.ts";

describe("installHint", () => {
  it.each([
    ["Debian 12", 'ID=debian\nVERSION_ID="12"', "bookworm-backports"],
    ["Debian 13", 'ID=debian\nVERSION_ID="13"', "apt-get install -y libvulkan1 mesa-vulkan-drivers"],
    ["Ubuntu", 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"', "apt-get install"],
    ["Fedora", "ID=fedora", "dnf install"],
    ["Rocky", 'ID="rocky"\nID_LIKE="rhel centos fedora"', "dnf install"],
    ["Arch", "ID=arch", "pacman"],
    ["Alpine", "ID=alpine", "apk add"],
    ["a system it does not know", "ID=plan9", "libvulkan.so.1"],
  ])("speaks the language of %s", (_name, osRelease, command) => {
    expect(installHint("linux", osRelease)).toContain(command);
  });

  it("asks for nothing that the system brings", () => {
    expect(installHint("darwin", null)).toContain("Metal");
    expect(installHint("linux", null)).toContain("libvulkan.so.1");
  });
});
